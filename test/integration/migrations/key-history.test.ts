import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import { migrate, readMigrationStatus } from '../../../migrations/runner.ts';
import { startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

const UPDATES = 3_000;
const KEY = 'positions_slot_position_account_signature_key';

let test: TestProject;
let options: { cwd: string; env: NodeJS.ProcessEnv };
let folder: string;
beforeAll(async () => {
  test = await createTestProject({ name: 'key-history' });
  options = { cwd: test.root, env: test.env };
  folder = join(test.root, 'migrations');
  await run('migrate up');
  await run('schemas register');
  await run('deploy --yes --only positions');
  const simulator = startCli(['simulate', '--only', 'positions', '--updates', String(UPDATES)], options);
  try {
    await eventually(() => expect(simulator.output.stdout).toContain('PositionFeed'), { timeoutMs: 30_000 });
    await run('produce --only positions --end-with-feed');
  } finally {
    simulator.child.kill('SIGTERM');
    await simulator.ended;
  }
  await run('verify --only positions --wait 60s');
});
afterAll(() => test?.remove());

const query = (sql: string) => withPostgres(test.database, (client) => client.query(sql));
const run = (words: string) => succeed(words.split(' '), options);
const verify = async () =>
  JSON.parse((await run('verify --only positions --wait 60s -o json')).stdout).streams[0] as Record<string, number>;

/** Changes the key in the definition of positions, as YAML has it. */
function defineKey(from: RegExp, to: string): void {
  const path = join(test.root, 'connectors', 'positions.yaml');
  const text = readFileSync(path, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(path, text.replace(from, `key: ${to}`));
}

const indexes = async () =>
  (
    await query(`SELECT c.relname::text AS name, pg_get_indexdef(indexrelid) AS is, obj_description(indexrelid, 'pg_class') AS comment, indisvalid
      FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid WHERE indrelid = 'positions'::regclass ORDER BY 1`)
  ).rows;
const rowsOf = async (table: string) =>
  (await query(`SELECT count(*)::int, sum(hashtextextended(r::text, 0)::numeric) AS sum FROM ${table} AS r`)).rows[0];

/** Ends the migrator before each step once; it goes on where it was. */
async function migrateWithKills(direction: 'up' | 'down'): Promise<readonly string[]> {
  const steps: string[] = [];
  for (let isDone = false; !isDone; ) {
    const stop = new AbortController();
    const onStep = ({ title }: { title: string }) => {
      if (steps.includes(title)) return;
      steps.push(title);
      stop.abort(new Error('ended'));
    };
    isDone = await migrate(test.database, { folder, direction, onStep, signal: stop.signal }).then(
      () => true,
      (error: Error) => {
        expect(error.message).toContain('ended');
        return false;
      },
    );
  }
  return steps;
}

it('a table gets a key that begins with the slot while its sink is away; what is delivered again meets its row, and a signature is looked up by hash', async () => {
  const [shape, rows, days] = [await indexes(), await rowsOf('positions'), await rowsOf('position_days')];
  await run('delete positions --yes');
  defineKey(/key: \[ ?position_account, signature ?\]/, '[slot, position_account, signature]');
  const before = await runInProcess(['check', '--only', 'positions'], options);
  expect(before).toMatchObject({ code: 3, stdout: expect.stringContaining('`connect key migration positions`') });
  const written = await runInProcess(['key', 'migration', 'positions'], options);
  const path = written.stdout.slice(2).split('\n', 1)[0] ?? '';
  expect(written).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\+ migrations\/\d{4}_key_positions\.sql\n/),
  });
  await run('check --only positions');
  const early = await runInProcess(['deploy', '--yes', '--only', 'positions'], options);
  expect(early.stderr).toContain('public.positions (slot, position_account, signature) is no unique index');
  expect(early.stderr).toMatch(/run `.*connect migrate up`, then deploy/);

  // Somebody ends the backend while it waits in the middle of a build, which leaves an index that is not valid.
  const left = withPostgres(test.database, async (reader) => {
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM positions');
    await eventually(
      async () =>
        expect(
          await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${test.database.database}'
            AND query ~ 'CREATE UNIQUE INDEX CONCURRENTLY' AND wait_event = 'virtualxid'`),
        ).toMatchObject({ rowCount: 1 }),
      { timeoutMs: 30_000 },
    );
    await reader.query('ROLLBACK');
  });
  await expect(migrate(test.database, { folder, direction: 'up' })).rejects.toThrow(/terminating connection|step/);
  await left;
  expect((await indexes()).find(({ name }) => name === KEY)).toMatchObject({ indisvalid: false });
  expect((await readMigrationStatus(test.database, folder)).pending).toHaveLength(1);
  expect(await migrateWithKills('up')).toHaveLength(4);
  const turned = await indexes();
  expect(turned.map(({ name }) => name)).not.toContain('idx_unique_signature_position');
  expect(turned.find(({ name }) => name === KEY)).toMatchObject({
    is: `CREATE UNIQUE INDEX ${KEY} ON public.positions USING btree (slot, position_account, signature)`,
    indisvalid: true,
  });
  expect(await rowsOf('positions')).toEqual(rows);

  // The whole topic once more.
  await run('deploy --yes --only positions');
  await run('check --live --only positions');
  await run('offsets reset positions --to earliest --yes');
  expect(await verify()).toMatchObject({ rows: rows?.count, repeated: 0, missing: 0, unequal: 0, unexpected: 0 });
  expect((await rowsOf('positions'))?.count).toBe(rows?.count);
  expect(await rowsOf('position_days')).toEqual(days);
  const plan = await withPostgres(test.database, async (client) => {
    await client.query('SET enable_seqscan = off');
    const { rows: lines } = await client.query(
      'EXPLAIN SELECT * FROM positions WHERE signature = (SELECT min(signature) FROM positions)',
    );
    return lines.map((line) => line['QUERY PLAN']).join('\n');
  });
  expect(plan).toContain('positions_signature_hash');

  // An update that came again in another slot is a second row, which verify counts and the way back refuses.
  const copied = (
    await query(`SELECT string_agg(attname, ', ') AS list FROM pg_attribute
    WHERE attrelid = 'positions'::regclass AND attnum > 0 AND attname NOT IN ('id', 'slot', 'kafka_partition', 'kafka_offset')`)
  ).rows[0]?.list;
  await query(`INSERT INTO positions (slot, ${copied}) SELECT slot + 1, ${copied} FROM positions ORDER BY id LIMIT 1`);
  const again = await runInProcess(['verify', '--only', 'positions', '-o', 'json'], options);
  expect(JSON.parse(again.stdout).streams[0]).toMatchObject({ repeated: 1 });

  await run('delete positions --yes');
  await expect(migrate(test.database, { folder, direction: 'down' })).rejects.toThrow(
    '1 values of (signature, position_account) stand in more than one row of public.positions',
  );
  await query('DELETE FROM positions WHERE kafka_offset IS NULL');
  expect(await migrateWithKills('down')).toHaveLength(5);
  expect(await indexes()).toEqual(shape);
  rmSync(join(test.root, path));
  defineKey(/key: \[slot, position_account, signature\]/, '[position_account, signature]');
  await run('deploy --yes --only positions');
  await run('offsets reset positions --to earliest --yes');
  expect(await verify()).toMatchObject({ rows: rows?.count, missing: 0, unequal: 0, unexpected: 0, notFolded: 0 });
}, 600_000);

it('an index that an interrupted build has left is built again in a schema that is not searched for names, too', async () => {
  await query(
    `CREATE SCHEMA "Else where"; CREATE TABLE "Else where".things (a INT); INSERT INTO "Else where".things VALUES (1), (1)`,
  );
  const build = 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "Its key" ON "Else where".things (a)';
  writeFileSync(
    join(folder, '9000_elsewhere.sql'),
    `-- Up Migration\n-- Step: the key\n${build};\n-- Down Migration\n-- Step: the key\nDROP INDEX CONCURRENTLY IF EXISTS "Else where"."Its key";\n`,
  );
  await expect(migrate(test.database, { folder, direction: 'up' })).rejects.toThrow('could not create unique index');
  await query('DELETE FROM "Else where".things');
  await migrate(test.database, { folder, direction: 'up' });
  expect(
    await query(`SELECT indisvalid FROM pg_index WHERE indexrelid = '"Else where"."Its key"'::regclass`),
  ).toMatchObject({ rows: [{ indisvalid: true }] });
});
