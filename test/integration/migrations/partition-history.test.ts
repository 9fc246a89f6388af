import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import { migrate } from '../../../migrations/runner.ts';
import { startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { POSITION, upsert } from '../../support/position-rows.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

const UPDATES = 2_000;

let test: TestProject;
let options: { cwd: string; env: NodeJS.ProcessEnv };
let folder: string;
let analyst: string;
beforeAll(async () => {
  test = await createTestProject({ name: 'partition-history' });
  options = { cwd: test.root, env: test.env };
  folder = join(test.root, 'migrations');
  analyst = `"An analyst ${test.suffix}"`;
  await asDba(`CREATE ROLE ${analyst}`);
  await run('migrate up');
  await run('schemas register');
  await run('deploy --yes --only positions');
  await publish(UPDATES);
});
afterAll(async () => {
  await query('DROP VIEW IF EXISTS bigger, "Big owners"').catch(() => {});
  await asDba(`DROP OWNED BY ${analyst}; DROP ROLE ${analyst}`).catch(() => {});
  await test?.remove();
});

const query = (sql: string) => withPostgres(test.database, (client) => client.query(sql));
/** Makes roles and removes them. */
const asDba = (sql: string) => withPostgres(test.superuser, (client) => client.query(sql));
const run = (words: string) => succeed(words.split(' '), options);

/** Publishes the simulator's updates up to so many, and waits until the sink has them. */
async function publish(updates: number): Promise<void> {
  const simulator = startCli(['simulate', '--only', 'positions', '--updates', String(updates)], options);
  try {
    await eventually(() => expect(simulator.output.stdout).toContain('PositionFeed'), { timeoutMs: 30_000 });
    await run('produce --only positions --end-with-feed');
  } finally {
    simulator.child.kill('SIGTERM');
    await simulator.ended;
  }
  await run('verify --only positions --wait 60s');
}

/** Changes the definition of positions. */
function define(changes: Readonly<Record<string, string>>): void {
  const path = join(test.root, 'connectors', 'positions.yaml');
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  writeFileSync(path, text);
}

const ONE_TABLE = 'key: [ position_account, signature ]';
const PARTITION = 'partition: { by: block_time, every: day, ahead: 2 }';
/** Its index begins with what grows. */
const SLOT_FIRST = `key: [slot, position_account, signature, block_time]
  ${PARTITION}`;
/** Its index is the former one with one more column. */
const TIME_LAST = `key: [position_account, signature, block_time]
  ${PARTITION}`;

/** What whoever works with the schema sees. */
async function visible(): Promise<unknown> {
  const { rows } = await query(`
    SELECT 'index' AS kind, c.relname::text AS name, substring(pg_get_indexdef(c.oid) FROM ' USING .*') AS is, obj_description(c.oid, 'pg_class')::text AS comment
    FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid WHERE indrelid = 'positions'::regclass
    UNION ALL SELECT 'relation', relname::text, concat_ws(' ', relowner::regrole, reloptions, coalesce(relacl, acldefault('r', relowner))), obj_description(oid, 'pg_class')
    FROM pg_class WHERE relnamespace = 'public'::regnamespace AND (relkind = 'v' OR relname = 'positions')
    UNION ALL SELECT 'column', attrelid::regclass || '.' || attname, concat_ws(' ', atttypid::regtype, atttypmod, attacl, attnotnull, attcollation::regcollation, pg_get_expr(adbin, adrelid)),
      col_description(attrelid, attnum)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE relnamespace = 'public'::regnamespace AND (relkind = 'v' OR relname = 'positions') AND attnum > 0
    UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) || tgenabled::text, '' FROM pg_trigger WHERE tgrelid = 'positions'::regclass AND NOT tgisinternal
    UNION ALL SELECT 'view', relname, pg_get_viewdef(oid), '' FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
    UNION ALL SELECT 'sequence', pg_get_serial_sequence('positions', 'id'), '', ''
    ORDER BY 1, 2`);
  return rows;
}

const rowsOf = async (table: string) =>
  (
    await query(
      `SELECT count(*), sum(hashtextextended((to_jsonb(r) - 'generation')::text, 0)::numeric) AS sum FROM ${table} AS r`,
    )
  ).rows[0];
const partitionsOf = async () =>
  (
    await query(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'positions'::regclass ORDER BY 1`,
    )
  ).rows.map(({ name }) => name as string);

const indexesOf = async (table: string) =>
  (
    await query(
      `SELECT substring(pg_get_indexdef(indexrelid) FROM ' USING (.*)') AS is FROM pg_index WHERE indrelid = '${table}'::regclass`,
    )
  ).rows.map((row) => row.is as string);

/** A migrator that is ended before each step goes on where it was: the titles of the steps. */
async function migrateEndedBeforeEachStep(direction: 'up' | 'down'): Promise<string[]> {
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

it('a history becomes a partitioned one while its sink is away, and back, and loses no row, view, right or index', async () => {
  await query(`
    CREATE VIEW "Big owners" WITH (security_barrier = true) AS SELECT owner, count(*) AS "how many" FROM current_positions GROUP BY owner;
    COMMENT ON VIEW "Big owners" IS 'it''s ours';
    COMMENT ON COLUMN "Big owners"."how many" IS 'positions';
    CREATE VIEW bigger AS SELECT b.*, p.slot FROM "Big owners" AS b JOIN positions AS p USING (owner);
    GRANT SELECT ON "Big owners" TO ${analyst} WITH GRANT OPTION;
    GRANT SELECT (owner) ON bigger TO ${analyst};
    GRANT SELECT (owner), REFERENCES (id) ON positions TO ${analyst};
    CREATE INDEX "My lookup" ON positions (symbol DESC, slot) INCLUDE (owner) WITH (fillfactor = 70);
    CREATE INDEX lower_owner ON positions (lower(owner)) WHERE symbol <> 'x'`);
  const [shape, rows, days] = [await visible(), await rowsOf('positions'), await rowsOf('position_days')];

  await run('delete positions --yes');
  define({ [ONE_TABLE]: SLOT_FIRST });
  const before = await runInProcess(['check', '--only', 'positions', '-o', 'json'], options);
  expect(before.code).toBe(3);
  expect(before.stdout).toContain('TABLE_PARTITIONS');
  const written = await runInProcess(['partitions', 'migration', 'positions'], options);
  expect(written).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\+ migrations\/\d{4}_partition_positions\.sql\n/),
  });
  await run('check --only positions');

  expect(await migrateEndedBeforeEachStep('up')).toHaveLength(10);
  expect(await indexesOf('positions')).toEqual(
    expect.arrayContaining(['btree (slot, position_account, signature, block_time)', 'hash (signature)']),
  );
  expect(await indexesOf('positions')).not.toContain('btree (signature, position_account)');
  const partitions = await partitionsOf();
  expect(partitions.filter((name) => /_until_\d{8}$/.test(name))).toHaveLength(1);
  expect(partitions.filter((name) => /_p\d{8}$/.test(name))).toHaveLength(3);
  expect(partitions).toContain('positions_default');
  expect(await rowsOf('positions')).toEqual(rows);
  expect(await rowsOf('position_days')).toEqual(days);
  expect(
    await query(`SELECT has_column_privilege('${analyst.slice(1, -1)}', 'positions', 'owner', 'SELECT') AS may`),
  ).toMatchObject({
    rows: [{ may: true }],
  });
  expect((await query('SELECT FROM bigger')).rowCount).toBe(Number(rows?.count));

  // As the reader's login.
  expect((await run('partitions list positions')).stdout).toContain('positions_default');
  await run('deploy --yes --only positions');
  await run('verify --only positions --wait 60s');
  await publish(2 * UPDATES);
  expect((await rowsOf('positions'))?.count).toBe(String(Number(rows?.count) * 2));

  // The way back.
  await run('delete positions --yes');
  const now = await rowsOf('positions');
  expect(await migrateEndedBeforeEachStep('down')).toHaveLength(7);
  expect(await visible()).toEqual(shape);
  expect(await rowsOf('positions')).toEqual(now);
  expect(await query('(TABLE position_days EXCEPT TABLE position_days_from_history)')).toMatchObject({ rowCount: 0 });
});

it('what cannot be replaced is named before anything changes, and so are rows that one key would make one of', async () => {
  rmSync(join(folder, readdirSync(folder).find((name) => name.endsWith('_partition_positions.sql')) as string));
  define({ [SLOT_FIRST]: TIME_LAST });
  await run('partitions migration positions');
  const shape = await visible();
  await query('CREATE MATERIALIZED VIEW kept AS SELECT owner FROM positions');
  await expect(migrate(test.database, { folder, direction: 'up' })).rejects.toThrow(
    /failed at its step "the partitions".*: materialized view kept/,
  );
  await query('DROP MATERIALIZED VIEW kept');
  await query(`INSERT INTO positions (position_account, position_index, owner, signature, slot, block_time, symbol, side, size, entry_price,
      mark_price, margin, leverage, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type)
    SELECT position_account, position_index, owner, left(signature, 60) || '-twice', slot, block_time, symbol, side, size, entry_price, mark_price,
      margin, leverage, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type FROM positions LIMIT 1`);
  await migrate(test.database, { folder, direction: 'up' });
  await withPostgres(test.database, async (client) => {
    const key = ['position_account', 'signature', 'block_time'];
    await client.query(
      upsert(
        [
          { signature: 'one', block_time: '2026-01-01 10:00:00' },
          { signature: 'one', block_time: '2026-01-02 10:00:00' },
        ],
        key,
      ),
    );
  });
  await expect(migrate(test.database, { folder, direction: 'down' })).rejects.toThrow(
    /1 values of \(position_account, signature\) stand in more than one row of positions/,
  );
  await query(`DELETE FROM positions WHERE position_account = '${POSITION.position_account}' AND signature = 'one'`);
  await migrate(test.database, { folder, direction: 'down' });
  expect(await visible()).toEqual(shape);
});
