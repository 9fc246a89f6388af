import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import { waitFor } from '../../../core/retry.ts';
import { migrate, readMigrationStatus } from '../../../migrations/runner.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

const NAME = '0008_text_by_bytes';
const BEFORE = 7;

let test: TestProject;
let folder: string;
beforeAll(async () => {
  test = await createTestProject({ name: 'steps' });
  folder = join(test.root, 'migrations');
  for (const file of readdirSync(folder)) if (Number(file.slice(0, 4)) > BEFORE + 1) rmSync(join(folder, file));
  await query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO perps');
  await migrate(test.database, { folder, direction: 'up', count: BEFORE });
});
afterAll(() => test.remove());

const query = (sql: string) => withPostgres(test.database, (client) => client.query(sql));
/** Makes roles and removes them. */
const asDba = (sql: string) => withPostgres(test.superuser, (client) => client.query(sql));

const INSERT = `
  INSERT INTO positions (position_account, position_index, owner, signature, slot, block_time, symbol, side, size,
    entry_price, mark_price, margin, leverage, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status,
    event_type, kafka_partition, kafka_offset, ordinal)
  SELECT 'p' || n % 50, 1, 'o' || n % 7, 's' || n, n, timestamp '2026-01-01' + n * interval '1 minute', 'BTC-USD', 'Long', 1,
    1, 1, 1, 1, 1, 1, 1, 1, CASE n % 9 WHEN 0 THEN 'Closed' ELSE 'Open' END, 'Open', 0, n, 0
  FROM`;

/** What whoever works with the schema sees, apart from collations. */
async function visible(): Promise<unknown> {
  const { rows } = await query(`
    SELECT 'index' AS kind, indexname::text AS name, indexdef AS is, obj_description(format('%I', indexname)::regclass)::text AS comment
    FROM pg_indexes WHERE tablename IN ('positions', 'position_days', 'funding_payments')
    UNION ALL SELECT 'view', relname::text, concat_ws(' ', relowner::regrole, reloptions, coalesce(relacl, acldefault('r', relowner))), obj_description(oid, 'pg_class')
    FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'column', attrelid::regclass || '.' || attname, concat_ws(' ', atttypid::regtype, atttypmod, attacl, attnotnull),
      col_description(attrelid, attnum)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    WHERE relkind IN ('r', 'v') AND relnamespace = 'public'::regnamespace AND attnum > 0 AND relname !~ '^pgmigrations'
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid), ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text !~ '^pgmigrations'
    ORDER BY 1, 2`);
  return rows;
}

async function collations(): Promise<unknown> {
  const { rows } = await query(`
    SELECT collname::text AS collation, count(*)::int AS columns
    FROM pg_attribute JOIN pg_collation ON pg_collation.oid = attcollation
    WHERE attrelid IN ('positions'::regclass, 'position_days'::regclass, 'funding_payments'::regclass) GROUP BY 1`);
  return rows;
}

const files = async (relation: string) =>
  (await query(`SELECT pg_relation_filenode('${relation}') AS file`)).rows[0]?.file;

it('texts compare as bytes, on a filled table with views of its users, after kills and while somebody reads', async () => {
  await query(`${INSERT} generate_series(1, 5000) AS n`);
  await asDba(`CREATE ROLE "An analyst ${test.suffix}"; CREATE ROLE "reader ${test.suffix}"`);
  await query(`
    ALTER DEFAULT PRIVILEGES FOR ROLE perps GRANT SELECT ON TABLES TO "reader ${test.suffix}"`);
  try {
    await query(`
      CREATE VIEW "Big owners" WITH (security_barrier = true) AS SELECT owner, count(*) AS "how many" FROM current_positions GROUP BY owner;
      COMMENT ON VIEW "Big owners" IS 'it''s ours';
      COMMENT ON COLUMN "Big owners"."how many" IS 'positions';
      CREATE VIEW bigger AS SELECT * FROM "Big owners" JOIN positions USING (owner);
      REVOKE ALL ON "Big owners" FROM "reader ${test.suffix}";
      GRANT SELECT ON "Big owners" TO "An analyst ${test.suffix}" WITH GRANT OPTION;
      GRANT SELECT (owner) ON bigger TO "An analyst ${test.suffix}";
      CREATE INDEX "My lookup" ON positions (symbol DESC, slot) INCLUDE (owner) WITH (fillfactor = 70);
      CREATE INDEX lower_owner ON positions (lower(owner)) WHERE symbol <> 'x'`);
    const wanted = await visible();
    const table = await files('positions');

    // A transaction that is still open keeps a concurrent build waiting, and somebody ends the migrator meanwhile.
    const isKilled = withPostgres(test.database, async (reader) => {
      await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM positions');
      await waitFor(
        async () => {
          const { rowCount } = await query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = '${test.database.database}' AND query ~ '^CREATE .*INDEX CONCURRENTLY' AND wait_event = 'virtualxid'`,
          );
          return rowCount === 0 ? undefined : true;
        },
        { what: 'a build that waits', timeoutMs: 30_000 },
      );
      await reader.query('ROLLBACK');
    });
    await expect(migrate(test.database, { folder, direction: 'up' })).rejects.toThrow(/terminating connection|step/);
    await isKilled;
    const left = await query(`SELECT FROM pg_index WHERE NOT indisvalid`);
    expect(left.rowCount).toBe(1);
    const { begun, pending } = await readMigrationStatus(test.database, folder);
    expect([begun, pending]).toEqual([{ name: NAME, direction: 'up', done: 1 }, [NAME]]);
    await expect(migrate(test.database, { folder, direction: 'down' })).rejects.toThrow(
      `migration ${NAME} (up) was interrupted and is not finished`,
    );

    // It goes on, and waits for a reader again and again, so that nobody waits behind it for long.
    const steps: number[] = [];
    const busy: string[] = [];
    const slowest = { ms: 0 };
    await withPostgres(test.database, async (reader) => {
      await reader.query('BEGIN; SELECT FROM positions LIMIT 1');
      const migration = migrate(test.database, {
        folder,
        direction: 'up',
        onStep: ({ number }) => steps.push(number),
        onBusy: (reason) => {
          busy.push(reason);
          if (busy.length === 2) void reader.query('ROLLBACK');
        },
      });
      let next = 5001;
      let isDone = false;
      void migration.finally(() => {
        isDone = true;
      });
      while (!isDone) {
        const start = Date.now();
        await query(`${INSERT} generate_series(${next}, ${next}) AS n`);
        next += 1;
        slowest.ms = Math.max(slowest.ms, Date.now() - start);
      }
      expect(await migration).toEqual([NAME]);
    });
    expect(steps).toEqual([2, 3, 4, 5, 6]);
    expect(busy.length).toBeGreaterThanOrEqual(2);
    expect(busy[0]).toBe('canceling statement due to lock timeout');
    expect(slowest.ms).toBeLessThan(5_000);

    expect(await visible()).toEqual(wanted);
    expect(await collations()).toEqual([{ collation: 'C', columns: 18 }]);
    expect(await files('positions')).toBe(table);
    expect((await query('SELECT FROM pg_index WHERE NOT indisvalid')).rowCount).toBe(0);
    expect(await query(`SELECT "how many"::int AS positions FROM "Big owners" WHERE owner = 'o1'`)).toMatchObject({
      rows: [{ positions: expect.any(Number) }],
    });
    const { rows } = await query('(TABLE position_days EXCEPT TABLE position_days_from_history)');
    expect(rows).toEqual([]);

    expect(await migrate(test.database, { folder, direction: 'down' })).toEqual([NAME]);
    expect(await visible()).toEqual(wanted);
    expect(await collations()).toEqual([{ collation: 'default', columns: 18 }]);
  } finally {
    await query('DROP VIEW IF EXISTS bigger, "Big owners"').catch(() => {});
    await asDba(`DROP OWNED BY "An analyst ${test.suffix}", "reader ${test.suffix}";
      DROP ROLE "An analyst ${test.suffix}", "reader ${test.suffix}"`);
  }
});

it('a view that cannot be made anew is named before anything changes', async () => {
  await query('CREATE MATERIALIZED VIEW kept AS SELECT owner FROM positions');
  await expect(migrate(test.database, { folder, direction: 'up' })).rejects.toThrow(
    /0008_text_by_bytes\.sql:\d+ \(up\) failed at its step "the columns".*: materialized view kept/,
  );
  await query('DROP MATERIALIZED VIEW kept');
  expect(await migrate(test.database, { folder, direction: 'up' })).toEqual([NAME]);
  expect(await collations()).toEqual([{ collation: 'C', columns: 18 }]);
});

it('a roll back that was interrupted is told, and the same command goes on with it', async () => {
  const { applied } = await readMigrationStatus(test.database, folder);
  const later = applied.length - 1 - applied.findIndex(({ name }) => name === NAME);
  await migrate(test.database, { folder, direction: 'down', count: later });
  const stop = new AbortController();
  const onStep = ({ number }: { readonly number: number }) => number === 2 && stop.abort();
  await expect(migrate(test.database, { folder, direction: 'down', signal: stop.signal, onStep })).rejects.toThrow();
  const connect = (...args: readonly string[]) => runInProcess(args, { cwd: test.root, env: test.env });
  expect((await connect('migrate', 'status')).stdout).toContain(
    `+ ${NAME}  pending, interrupted after step 1: \`connect migrate down\` goes on with it`,
  );
  expect((await connect('migrate', 'up')).stderr).toContain(`migration ${NAME} (down) was interrupted`);
  const { stderr, code } = await connect('migrate', 'down', '--yes');
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('step 2 of 5: the columns');
  expect(await collations()).toEqual([{ collation: 'default', columns: 18 }]);
  expect((await readMigrationStatus(test.database, folder)).begun).toBeUndefined();
});
