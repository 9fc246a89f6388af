import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import type { Simulator } from '../../../producer/simulator/feed-server.ts';
import type { OracleEntry } from '../../../producer/simulator/oracle.ts';
import { type CliProcess, runCli, startCli, succeed } from '../../support/cli.ts';
import { preparedStatements } from '../../support/documented-sql.ts';
import { eventually } from '../../support/eventually.ts';
import { readOracleEntries } from '../../support/producer-project.ts';
import { simulatePositions } from '../../support/simulated-positions.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';
import { type StartedWatch, startWatch } from '../../support/started-watch.ts';

const UPDATES = 30_000;
const FAULTY = 12;

let sink: SinkFixture;
let feed: Simulator;
let watch: StartedWatch;
let producer: CliProcess;
let oraclePath: string;
const stopReading = new AbortController();
let reader: Promise<void>;

beforeAll(async () => {
  sink = await createSinkFixture('fresh');
  await sink.deploy();
  const { address } = sink.test.environment.feed;
  oraclePath = join(sink.test.root, 'oracle.ndjson');
  const port = Number(address.split(':')[1]);
  feed = await simulatePositions({ seed: 5, updates: UPDATES, faulty: FAULTY, ratePerSecond: 200, port, oraclePath });
  watch = await startWatch(sink.test, { only: ['positions'] });
  reader = readAgain();
}, 120_000);
afterAll(async () => {
  stopReading.abort();
  await reader;
  producer?.child.kill('SIGTERM');
  await producer?.ended;
  await watch?.close();
  await feed?.close();
  await sink?.test.remove();
});

const options = () => ({ cwd: sink.test.root, env: sink.test.env });
const produce = (): CliProcess => startCli(['produce', '--only', 'positions'], options());

interface Reading {
  readonly slot: bigint | undefined;
  readonly newest: bigint;
  readonly behind: number;
  readonly reason: string | null;
  /** Identities of the rows up to that slot, at the moment of the reading. */
  readonly rows: ReadonlySet<string>;
}

const readings: Reading[] = [];
const viewer = () => ({ ...sink.test.database, user: 'perps_viewer', password: passwordOf('viewer') });
const identity = (row: Readonly<Record<string, unknown>>): string => `${row.position_account} ${row.signature}`;
const HIGHEST = (2n ** 63n - 1n).toString();
const newRows = preparedStatements('tables.md').get('new_rows') ?? '';

/** What somebody sees who may only read: the view, and the table at the same moment. */
async function read(): Promise<Reading> {
  return withPostgres(viewer(), async (client) => {
    const { rows } = await client.query<Record<string, string | null>>(
      `SELECT f.*, (SELECT string_agg(position_account || ' ' || signature, ',') FROM positions WHERE slot <= f.complete_to_slot) AS found
       FROM stream_freshness AS f WHERE stream = 'positions'`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('there is no row yet');
    const reading = {
      slot: row.complete_to_slot === null ? undefined : BigInt(row.complete_to_slot ?? 0),
      newest: BigInt(row.newest_slot ?? 0),
      behind: Number(row.behind_seconds),
      reason: row.reason ?? null,
      rows: new Set((row.found ?? '').split(',')),
    };
    readings.push(reading);
    return reading;
  });
}
/** Exports what is new up to the bound of each reading, as docs/tables.md says. */
const exported: string[] = [];
let exportedTo: readonly [slot: string, id: string] = ['-1', HIGHEST];
async function exportNew(bound: bigint): Promise<void> {
  await withPostgres(viewer(), async (client) => {
    for (let last = exportedTo; ; ) {
      const { rows } = await client.query<Record<string, string>>(newRows, [...last, bound.toString()]);
      const end = rows.at(-1);
      exported.push(...rows.map(identity));
      if (end === undefined) break;
      last = [String(end.slot), String(end.id)];
    }
  });
  exportedTo = [bound.toString(), HIGHEST];
}

async function readAgain(): Promise<void> {
  while (!stopReading.signal.aborted) {
    const { slot } = await read().catch(() => ({ slot: undefined }));
    if (slot !== undefined && slot > BigInt(exportedTo[0])) await exportNew(slot);
    await sleep(1_000, undefined, { signal: stopReading.signal }).catch(() => {});
  }
}

const passwordOf = (login: string): string =>
  new RegExp(`^${login}.password=(.*)$`, 'm').exec(
    readFileSync(join(sink.test.root, '.connect', 'secrets.properties'), 'utf8'),
  )?.[1] ?? '';

const advanced = (beyond: bigint) =>
  eventually(
    async () => {
      const reading = await read();
      expect(reading.slot ?? 0n, JSON.stringify(reading.reason)).toBeGreaterThan(beyond);
      return reading;
    },
    { timeoutMs: 60_000 },
  );

it('without a producer nothing is claimed, and it is said why', async () => {
  const reading = await eventually(read, { timeoutMs: 30_000 });
  expect(reading).toMatchObject({ slot: undefined, reason: 'no producer has written a checkpoint' });
});

it('the row goes on with the sink; a producer that is killed and started again changes nothing about that', async () => {
  producer = produce();
  const first = await advanced(0n);
  producer.child.kill('SIGKILL');
  await producer.ended;
  producer = produce();
  const next = await advanced((first.slot ?? 0n) + 20n);
  expect(next).toMatchObject({ reason: null });
  expect(next.behind).toBeLessThan(60);
}, 120_000);

it('while the sink is paused the row stands still, however far the feed goes on; then it goes on', async () => {
  await succeed(['pause', '--only', 'positions'], options());
  try {
    // A paused task still writes what it has polled.
    const paused = await eventually(
      async () => {
        const one = await read();
        await sleep(5_000);
        const other = await read();
        expect(other.slot).toBe(one.slot);
        expect(other.newest).toBeGreaterThan((other.slot ?? 0n) + 30n);
        return other;
      },
      { timeoutMs: 60_000 },
    );
    const later = await eventually(
      async () => {
        const reading = await read();
        expect(reading.newest).toBeGreaterThan(paused.newest + 10n);
        return reading;
      },
      { timeoutMs: 60_000 },
    );
    expect(later.slot).toBe(paused.slot);
    expect(later.behind).toBeGreaterThan(paused.behind);
  } finally {
    await succeed(['resume', '--only', 'positions'], options());
  }
  await advanced((await read()).slot ?? 0n);
}, 180_000);

it('status says the same, as text and as JSON', async () => {
  const { stdout } = await succeed(['status', '--only', 'positions', '-o', 'json'], options());
  const [{ freshness }] = (JSON.parse(stdout) as { streams: [{ freshness: Record<string, unknown> }] }).streams;
  const row = await read();
  expect(BigInt(String(freshness.completeToSlot))).toBeGreaterThanOrEqual((row.slot ?? 0n) - 60n);
  expect(freshness).toMatchObject({
    missing: [],
    behindSeconds: expect.any(Number),
    completeToTime: expect.any(String),
  });
  const text = await runCli(['status', '--only', 'positions'], options());
  expect(text.stdout).toMatch(/positions {2}complete to slot \d+ \(2026-01-0\S+Z\), \S+ (m?s )?behind/);
}, 60_000);

it('a right that is missing is told once, with the GRANT, and the row goes on when it is given', async () => {
  const role = `${sink.test.environment.database.name}_sink`;
  const before = watch.events.length;
  await sink.query(`REVOKE INSERT, UPDATE ON stream_completeness FROM ${role}`);
  const told = () => watch.events.slice(before).filter(({ event }) => event === 'freshness.unwritten');
  await eventually(() => expect(told()).toHaveLength(1), { timeoutMs: 30_000 });
  expect(told()[0]).toMatchObject({
    error: expect.stringContaining('permission denied for table stream_completeness'),
    hint: `GRANT SELECT, INSERT, UPDATE ON public.stream_completeness TO "${role}"`,
  });
  const still = await read();
  await sink.query(`GRANT SELECT, INSERT, UPDATE ON public.stream_completeness TO "${role}"`);
  await advanced(still.slot ?? 0n);
  expect(told()).toHaveLength(1);
}, 120_000);

it('at each reading all that was sent up to its slot was in the table, or refused', async () => {
  await feed.done;
  const oracle = await readOracleEntries(oraclePath);
  const last = await advanced(slotOf(oracle.filter(({ expect: kind }) => kind === 'row').at(-1) as OracleEntry) - 2n);
  expect(last.rows.size).toBeGreaterThan(UPDATES / 2);
  const rows = oracle.filter(({ expect: kind }) => kind === 'row');
  const missing = readings.flatMap(({ slot = -1n, rows: found }) =>
    rows.filter((entry) => slotOf(entry) <= slot && !found.has(identity(entry.update))),
  );
  expect(missing).toEqual([]);
  expect(new Set(readings.map(({ slot }) => slot)).size).toBeGreaterThan(10);

  // And whoever exported what was new up to each bound has every row once.
  stopReading.abort();
  await reader;
  if ((last.slot ?? 0n) > BigInt(exportedTo[0])) await exportNew(last.slot ?? 0n);
  const wanted = rows.filter((entry) => slotOf(entry) <= BigInt(exportedTo[0]));
  expect(exported.toSorted()).toEqual(wanted.map(({ update }) => identity(update)).toSorted());
  expect(exported.length).toBeGreaterThan(UPDATES / 2);
}, 240_000);

const slotOf = ({ update }: OracleEntry): bigint => BigInt(update.slot ?? 0);
