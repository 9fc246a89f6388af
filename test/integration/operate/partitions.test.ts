import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { packageFile } from '../../../core/package-root.ts';
import { withPostgres } from '../../../core/postgres.ts';
import { type AppliedStep, applyPartitions } from '../../../operate/partitions/apply-partitions.ts';
import type { Archive } from '../../../operate/partitions/archive.ts';
import { listPartitions, planOf } from '../../../operate/partitions/observe-partitions.ts';
import { readPartitionHealth } from '../../../operate/partitions/read-health.ts';
import type { PartitionedStream } from '../../../operate/partitions/read-partitions.ts';
import { positions } from '../../support/positions-stream.ts';
import { createPrivatePostgres, type PrivatePostgres } from '../../support/private-postgres.ts';
import { scratchFolder } from '../../support/scratch.ts';

let server: PrivatePostgres;
const stream: PartitionedStream = {
  ...positions,
  name: 'fills',
  table: {
    name: 'public.fills',
    key: ['account', 'at'],
    partition: { by: 'at', every: 'day', keepDays: 10, ahead: 2 },
  },
};
const NOON = new Date('2026-11-29T12:00:00Z');

beforeAll(async () => {
  server = await createPrivatePostgres();
}, 60_000);
afterAll(() => server?.remove());

const connection = () => ({ ...server.superuser, database: 'postgres' });
const query = (sql: string) => server.query(sql);

/** A partitioned table of today and tomorrow, with a row trigger, a generated column, settings and an owner of its own. */
beforeEach(async () => {
  const migration = packageFile('migrations/0010_kept_range.sql');
  const [, ranges = ''] = /(CREATE TABLE history_ranges[\s\S]*?)-- The group roles/.exec(migration) ?? [];
  await query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO perps; ${ranges}
    CREATE TABLE fills (
      id BIGSERIAL, account TEXT COLLATE "C" NOT NULL, at TIMESTAMP NOT NULL, size NUMERIC(38, 8) NOT NULL CHECK (size > 0),
      doubled NUMERIC(38, 8) GENERATED ALWAYS AS (size * 2) STORED, note TEXT DEFAULT 'none', touched INT NOT NULL DEFAULT 0,
      PRIMARY KEY (id, at), UNIQUE (account, at)
    ) PARTITION BY RANGE (at);
    CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.touched := NEW.touched + 1; RETURN NEW; END';
    CREATE TRIGGER touch BEFORE INSERT ON fills FOR EACH ROW EXECUTE FUNCTION touch();
    CREATE TABLE fills_default PARTITION OF fills DEFAULT WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
    ALTER TABLE fills OWNER TO perps`);
});

interface Run {
  readonly now?: Date;
  readonly since?: Date;
  readonly patienceMs?: number;
  readonly archive?: Archive;
  readonly onWait?: (holders: string) => void;
  readonly of?: PartitionedStream;
}
const apply = ({
  now = NOON,
  since,
  patienceMs = 20_000,
  archive,
  onWait = () => {},
  of = stream,
}: Run = {}): Promise<AppliedStep[]> =>
  withPostgres(connection(), async (client) => {
    const plan = await planOf(client, of, { now, since });
    const options = { archive, patienceMs, onWait, onStep: () => {}, signal: new AbortController().signal };
    return applyPartitions({ client, stream: of, fallback: plan.found.fallback?.name }, plan.steps, options);
  });
const { keepDays: _keepDays, ...kept } = stream.table.partition;
const forEver: PartitionedStream = { ...stream, table: { ...stream.table, partition: kept } };
const list = () => withPostgres(connection(), (client) => listPartitions(client, stream));
const names = async () => (await list()).map(({ name, state }) => `${name.replace('public.fills_', '')} ${state}`);
const insert = (account: string, at: string) =>
  query(`INSERT INTO fills (account, at, size) VALUES ('${account}', '${at}', 1.5)`);
const keptFrom = async () => (await query('SELECT kept_from::text FROM history_ranges')).map((row) => row.kept_from);

it('makes the partitions of now and ahead, as the others are, and a second time nothing', async () => {
  const steps = await apply();
  expect(steps.map(({ name, outcome }) => `${outcome} ${name}`)).toEqual([
    'created public.fills_p20261129',
    'created public.fills_p20261130',
    'created public.fills_p20261201',
  ]);
  expect(await apply()).toEqual([]);
  await insert('a', '2026-11-29T23:59:59.999');
  await insert('a', '2026-11-30T00:00:00');
  expect(await query('SELECT tableoid::regclass::text AS part, touched FROM fills ORDER BY at')).toEqual([
    { part: 'fills_p20261129', touched: 1 },
    { part: 'fills_p20261130', touched: 1 },
  ]);
  const [made] = await query(
    `SELECT reloptions, pg_get_userbyid(relowner) AS owner,
            (SELECT count(*)::int FROM pg_index WHERE indrelid = c.oid AND indisvalid) AS indexes
       FROM pg_class AS c WHERE relname = 'fills_p20261129'`,
  );
  expect(made).toEqual({
    reloptions: ['fillfactor=90', 'autovacuum_vacuum_scale_factor=0.05'],
    owner: 'perps',
    indexes: 2,
  });
  const [attached] = await query(
    `SELECT count(*)::int AS count FROM pg_inherits JOIN pg_index ON indexrelid = inhrelid WHERE indrelid = 'fills_p20261129'::regclass`,
  );
  expect(attached).toEqual({ count: 2 });
});

it('a backfill gets its past days', async () => {
  await apply({ since: new Date('2026-11-27T00:00:00Z') });
  expect(await names()).toEqual(
    ['p20261127', 'p20261128', 'p20261129', 'p20261130', 'p20261201']
      .map((name) => `${name} attached`)
      .concat('default default'),
  );
});

it('rows of the default partition go where they belong, the same rows, and no trigger sees them', async () => {
  await insert('a', '2026-11-29T08:00:00');
  await insert('b', '2026-11-24T08:00:00');
  await insert('c', '2031-05-05T08:00:00');
  await insert('d', 'infinity');
  const before = await query('SELECT * FROM fills ORDER BY id');
  const health = () => withPostgres(connection(), (client) => readPartitionHealth(client, stream, NOON));
  expect(await health()).toMatchObject({ hasStrayRows: true, lacking: ['fills_p20261129', 'fills_p20261130'] });
  const steps = await apply();
  expect(steps.filter(({ rows }) => rows > 0n).map(({ name, rows }) => `${name} ${rows}`)).toEqual([
    'public.fills_p20261124 1',
    'public.fills_p20261129 1',
    'public.fills_p20310505 1',
  ]);
  expect(await query('SELECT * FROM fills ORDER BY id')).toEqual(before);
  expect(await query('SELECT account FROM fills_default')).toEqual([{ account: 'd' }]);
  expect(await health()).toMatchObject({ hasStrayRows: true, lacking: [] });
  await query('DELETE FROM fills_default');
  expect(await health()).toMatchObject({ hasStrayRows: false });
});

it('without keep nothing is ever dropped', async () => {
  await apply({ since: new Date('2026-11-27T00:00:00Z') });
  await apply({ of: forEver, now: new Date('2036-11-29T12:00:00Z') });
  expect(await names()).toContain('p20261127 attached');
  expect(await keptFrom()).toEqual([]);
});

/** Writers like a sink: short transactions, until told to stop. Returns the longest commit, ms. */
function startWriters(count: number) {
  const stop = new AbortController();
  const write = (writer: number) =>
    withPostgres(connection(), async (client) => {
      let longest = 0;
      let commits = 0;
      while (!stop.signal.aborted) {
        const startedAt = performance.now();
        await client.query(
          `INSERT INTO fills (account, at, size)
           SELECT 'w${writer}-' || g, '2026-11-29T12:00:00'::timestamp + ${commits} * interval '1 ms', 1 FROM generate_series(1, 50) AS g
           ON CONFLICT (account, at) DO UPDATE SET size = EXCLUDED.size`,
        );
        longest = Math.max(longest, performance.now() - startedAt);
        commits += 1;
      }
      return { longest, commits };
    });
  const writers = Promise.all(Array.from({ length: count }, (_, writer) => write(writer)));
  return async () => {
    stop.abort();
    const all = await writers;
    return {
      longest: Math.max(...all.map(({ longest }) => longest)),
      commits: all.reduce((sum, { commits }) => sum + commits, 0),
    };
  };
}

/** Days of 20,000 rows each, ten days and more before noon. */
async function fillOldDays(): Promise<void> {
  await apply({ now: new Date('2026-11-20T12:00:00Z'), since: new Date('2026-11-17T00:00:00Z') });
  await query(`INSERT INTO fills (account, at, size)
    SELECT 'old' || g, '2026-11-17'::timestamp + (g % 2) * interval '1 day', 1 FROM generate_series(1, 40000) AS g; ANALYZE fills`);
}

it('keep drops a day in a moment while two writers commit, and says from when on history is kept', async () => {
  await fillOldDays();
  await apply({ now: new Date('2026-11-27T12:00:00Z') });
  const stop = startWriters(2);
  await sleep(500);
  const startedAt = performance.now();
  const steps = await apply();
  const tookMs = performance.now() - startedAt;
  await sleep(500);
  const { longest, commits } = await stop();
  const dropped = steps.filter(({ outcome }) => outcome === 'dropped');
  expect(dropped.map(({ name }) => name)).toEqual(['public.fills_p20261117', 'public.fills_p20261118']);
  expect(await keptFrom()).toEqual(['2026-11-19 00:00:00']);
  expect(await names()).not.toContain('p20261118 attached');
  expect(commits).toBeGreaterThan(10);
  expect(longest).toBeLessThan(2_000);
  expect(tookMs).toBeLessThan(10_000);
}, 60_000);

it('a long reader only delays: apply says who it is, and no commit waits behind it for longer than one attempt', async () => {
  await fillOldDays();
  await apply({ of: forEver });
  const reader = await server.session('postgres');
  onTestFinished(() => reader.end());
  await reader.query(`SET application_name = 'nightly report'; BEGIN; SELECT count(*) FROM fills`);
  const stop = startWriters(2);
  const waits: string[] = [];
  const failed = apply({ patienceMs: 2_500, onWait: (holders) => void waits.push(holders) });
  await expect(failed).rejects.toMatchObject({ code: 'NOT_READY', message: expect.stringContaining('nightly report') });
  expect(waits[0]).toMatch(/^process \d+ \(postgres, nightly report, transaction since 20\S+ \S+Z\)/);
  expect(await names()).toContain('p20261117 attached');
  expect(await keptFrom()).toEqual([]);
  // What waits is not given up: it is done as soon as the reader has ended.
  const done = apply({ onWait: () => void reader.query('COMMIT') });
  expect((await done).map(({ name, outcome }) => `${outcome} ${name}`)).toContain('dropped public.fills_p20261118');
  const { longest, commits } = await stop();
  expect(longest).toBeLessThan(1_500);
  expect(commits).toBeGreaterThan(10);
}, 60_000);

it('PostgreSQL has no other way: it detaches nothing concurrently beside a default partition, and PARTITION OF locks readers out', async () => {
  await apply();
  await expect(query('ALTER TABLE fills DETACH PARTITION fills_p20261129 CONCURRENTLY')).rejects.toThrow(
    'cannot detach partitions concurrently when a default partition exists',
  );
  const reader = await server.session('postgres');
  onTestFinished(() => reader.end());
  await reader.query(`BEGIN; SELECT count(*) FROM fills WHERE at >= '2026-11-29' AND at < '2026-11-30'`);
  const partitionOf = `CREATE TABLE fills_other PARTITION OF fills FOR VALUES FROM ('2030-01-01') TO ('2030-01-02')`;
  await expect(query(`SET lock_timeout = '300ms'; ${partitionOf}`)).rejects.toThrow('lock timeout');
  // A reader of one day does not even delay what `apply` makes.
  const made = await apply({ now: new Date('2026-11-30T12:00:00Z'), patienceMs: 0 });
  expect(made).toMatchObject([{ name: 'public.fills_p20261202', outcome: 'created', attempts: 1 }]);
});

it('what leaves is archived before it is dropped; when that fails it stays, and is tried again', async () => {
  await fillOldDays();
  const folder = scratchFolder();
  const seen = join(folder, 'seen');
  const lines: string[] = [];
  const archive = (command: string): Archive => ({
    command,
    env: process.env,
    onLine: (line) => void lines.push(line),
  });
  const failing = await apply({ archive: archive('echo begun >&2; echo no room left >&2; echo; exit 3') });
  expect(failing.filter(({ outcome }) => outcome !== 'created')).toMatchObject([
    {
      name: 'public.fills_p20261117',
      outcome: 'detached',
      error: expect.stringContaining('exit code 3, and its last words were: no room left'),
    },
    { name: 'public.fills_p20261118', outcome: 'detached' },
  ]);
  expect(lines.filter((line) => line !== '')).toEqual(['begun', 'no room left', 'begun', 'no room left']);
  expect(await names()).toEqual(expect.arrayContaining(['p20261117 detached', 'p20261118 detached']));
  expect(await query('SELECT count(*)::int AS count FROM fills_p20261117')).toEqual([{ count: 20_000 }]);

  // Whoever forgets the archive does not drop what waits for it.
  expect(await apply()).toMatchObject([
    { outcome: 'detached', error: expect.stringContaining('--archive') },
    { outcome: 'detached' },
  ]);

  const words = 'echo "$PERPS_PARTITION_SCHEMA $PERPS_PARTITION_TABLE $PERPS_PARTITION_FROM $PERPS_PARTITION_TO"';
  const again = await apply({ archive: archive(`${words} >> '${seen}'`) });
  expect(again.map(({ name, outcome }) => `${outcome} ${name}`)).toEqual([
    'dropped public.fills_p20261117',
    'dropped public.fills_p20261118',
  ]);
  expect(readFileSync(seen, 'utf8').trim().split('\n')).toEqual([
    'public fills_p20261117 2026-11-17T00:00:00.000Z 2026-11-18T00:00:00.000Z',
    'public fills_p20261118 2026-11-18T00:00:00.000Z 2026-11-19T00:00:00.000Z',
  ]);
  expect((await names()).filter((name) => name.includes('detached'))).toEqual([]);
}, 60_000);

it('two at once: the second says so, and changes nothing', async () => {
  const other = await server.session('postgres');
  onTestFinished(() => other.end());
  await other.query(`SELECT pg_advisory_lock(hashtext('perps-connect partitions'), hashtext('public.fills'))`);
  await expect(apply()).rejects.toMatchObject({
    code: 'NOT_READY',
    message: expect.stringContaining('another process'),
  });
  expect(await names()).toEqual(['default default']);
});
