import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../../core/log.ts';
import { httpConnection } from '../../../pipeline/connections.ts';
import { type RunStreamOptions, runStream } from '../../../producer/run-stream.ts';
import type { Simulator } from '../../../producer/simulator/feed-server.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { readOracleEntries } from '../../support/producer-project.ts';
import { simulatePositions } from '../../support/simulated-positions.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

let sink: SinkFixture;
let feed: Simulator;
const FIRST = 312_000_000n;

beforeAll(async () => {
  sink = await createSinkFixture('missing');
  await sink.deploy();
  feed = await simulatePositions({ seed: 3, updates: 6_000, oraclePath: join(sink.test.root, 'oracle.ndjson') });
}, 120_000);
afterAll(async () => {
  await feed?.close();
  await sink?.test.remove();
});

const connect = async (...words: string[]) => {
  const { code, stdout, stderr } = await runInProcess([...words, '--only', 'positions'], {
    cwd: sink.test.root,
    env: sink.test.env,
  });
  return { code, stdout, text: stdout + stderr };
};
const publish = (untilSlot: bigint, more: Partial<RunStreamOptions> = {}) => {
  const { root, environment, secrets } = sink.test;
  return runStream({
    stream: sink.stream,
    root,
    kafka: { brokers: environment.kafka.brokers },
    registry: httpConnection(environment.registry, secrets),
    feed: { address: feed.address, tls: false },
    logger: silentLogger,
    untilSlot,
    ...more,
  });
};

interface Seen {
  readonly completeToSlot?: string;
  readonly missing: readonly { readonly from?: string; readonly to: string }[];
  readonly reason?: string;
}
const status = async (): Promise<Seen> => {
  const { stdout } = await connect('status', '-o', 'json');
  return (JSON.parse(stdout) as { streams: [{ freshness: Seen }] }).streams[0].freshness;
};
/** As watch writes it, and as status says it. */
const seenAt = (slot: bigint): Promise<Seen> =>
  eventually(
    async () => {
      expect((await connect('watch', '--once')).text).toContain('watch.ended');
      const [row] = await sink.query('SELECT complete_to_slot, missing_slots FROM stream_freshness');
      const seen = await status();
      expect([seen.completeToSlot, row?.complete_to_slot], JSON.stringify(seen)).toEqual([`${slot}`, `${slot}`]);
      return seen;
    },
    { timeoutMs: 60_000 },
  );

it('up to a slot the table is complete once the sink has committed that job', async () => {
  await publish(FIRST + 50n);
  expect(await seenAt(FIRST + 50n)).toMatchObject({ missing: [] });
}, 90_000);

it('what Kafka deleted before the sink read it is no longer claimed; accepted it may be missing, until it is published again', async () => {
  await connect('stop');
  await publish(FIRST + 100n);
  await sink.expire();
  const open = await status();
  expect(open).toMatchObject({ completeToSlot: `${FIRST + 50n}`, missing: [] });
  expect(open.reason).toContain('nobody has accepted');
  expect((await connect('resume', '--accept-gap')).code).toBe(0);
  await publish(FIRST + 200n);
  const { missing } = await seenAt(FIRST + 200n);
  const [range] = missing;
  expect(missing).toHaveLength(1);
  expect(range?.from).toBe(`${FIRST + 51n}`);
  expect(BigInt(range?.to ?? 0)).toBeGreaterThanOrEqual(FIRST + 100n);

  const [from, until] = [BigInt(range?.from ?? 0), BigInt(range?.to ?? 0)];
  await publish(until, { fromSlot: from });
  await eventually(async () => expect((await status()).missing).toEqual([]), { timeoutMs: 60_000 });
  expect(await seenAt(FIRST + 200n)).toMatchObject({ missing: [] });
  const rows = await sink.query(`SELECT FROM positions WHERE slot <= ${FIRST + 200n}`);
  const sent = (await readOracleEntries(join(sink.test.root, 'oracle.ndjson'))).filter(
    ({ update }) => BigInt(update.slot ?? 0) <= FIRST + 200n,
  );
  expect(rows).toHaveLength(sent.length);
}, 180_000);

it('what offsets skip may be missing as well', async () => {
  await connect('stop');
  await publish(FIRST + 280n);
  const reset = await connect('offsets', 'reset', '--to', 'latest', '--yes', '-o', 'json');
  expect((JSON.parse(reset.stdout) as { streams: [{ skipped: string }] }).streams[0].skipped, reset.text).not.toBe('0');
  expect((await connect('resume')).code).toBe(0);
  await publish(FIRST + 290n);
  const { missing } = await seenAt(FIRST + 290n);
  // The backfill has brought the first of them.
  expect(missing).toHaveLength(1);
  expect(BigInt(missing[0]?.from ?? 0)).toBeLessThanOrEqual(FIRST + 240n);
  expect(BigInt(missing[0]?.to ?? 0)).toBeGreaterThanOrEqual(FIRST + 280n);
}, 120_000);
