import { resolve } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { knownCause } from '../../../connectors/wait/known-causes.ts';
import type { PostgresClient } from '../../../core/postgres.ts';
import { readMigrations } from '../../../migrations/files.ts';
import { readGrants } from '../../../migrations/roles.ts';
import { openPglite, PGLITE_TIMEOUT_MS, runPart } from '../../support/pglite.ts';
import { upsert } from '../../support/position-rows.ts';
import { createWrites } from '../../support/position-writes.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const migrations = readMigrations(resolve(import.meta.dirname, '../../../migrations'));
const number = migrations.findIndex(({ name }) => name === '0009_rights');
const rights = () => migrations[number] ?? never();
const WRONG = `(TABLE position_days EXCEPT ALL TABLE position_days_from_history)
  UNION ALL (TABLE position_days_from_history EXCEPT ALL TABLE position_days)`;

const NO_READER = [
  'UPDATE positions SET size = 0',
  'UPDATE current_positions SET size = 0',
  "SELECT nextval('positions_id_seq')",
  'DO $$ BEGIN LOCK TABLE positions IN ROW EXCLUSIVE MODE; END $$',
  'SELECT 1 FROM positions FOR UPDATE',
];

/** What nobody but an owner of tables may do, whatever the table. */
const NOBODY = [
  'DELETE FROM positions',
  'TRUNCATE positions',
  'ALTER TABLE positions DISABLE TRIGGER ALL',
  'ALTER TABLE positions ADD COLUMN x INT',
  'DROP TABLE positions CASCADE',
  'DROP TRIGGER positions_note_insert ON positions',
  'CREATE TRIGGER mine BEFORE INSERT ON positions FOR EACH ROW EXECUTE FUNCTION keep_newest_delivery()',
  'ALTER FUNCTION note_new_positions() SECURITY INVOKER',
  'UPDATE position_days SET size = 0',
  'DELETE FROM position_days',
  'TRUNCATE position_days',
  'INSERT INTO position_days SELECT * FROM position_days_from_history',
  "INSERT INTO position_days_pending (ids) VALUES ('{1}')",
  'DELETE FROM position_days_pending',
  "SELECT setval('positions_id_seq', 1)",
  "SELECT rebuild_position_days('{P1}')",
  "SELECT fold_positions('{1}', '2026-01-01', '2026-01-02')",
  "SELECT change_collation('{positions}', '\"POSIX\"')",
  'CREATE TEMP TABLE mine (id BIGINT, block_time TIMESTAMP); CREATE TRIGGER t AFTER INSERT ON mine REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_new_positions()',
];

let database: PGlite;
const select = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;
const addRights = () => runPart(database, rights(), 'up');

// A database without them, of an owner who is no superuser.
beforeAll(async () => {
  database = await openPglite();
  await database.exec('CREATE ROLE perps; GRANT CREATE ON SCHEMA public TO perps; SET ROLE perps');
  for (const file of migrations.slice(0, number)) await runPart(database, file, 'up');
  await database.exec('RESET ROLE');
}, PGLITE_TIMEOUT_MS);
afterAll(() => database.close());

describe('the migration of the rights', { timeout: PGLITE_TIMEOUT_MS }, () => {
  const roles = async () =>
    (await select("SELECT rolname::text AS name FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1")).map(
      ({ name }) => name,
    );
  const names = (sink = 'writers') => `
    SET perps_connect.owner_role = 'owners'; SET perps_connect.sink_role = '${sink}'; SET perps_connect.reader_role = 'readers'`;

  /** Every right of these roles, as text. */
  const rightsOf = async (those: readonly string[]): Promise<unknown[]> => {
    const rows = await select(`
      SELECT concat_ws(' ', rolname, privilege_type, name) AS right FROM (
        SELECT oid::regclass::text AS name, relacl AS acl FROM pg_class
        UNION ALL SELECT oid::regprocedure::text, proacl FROM pg_proc
        UNION ALL SELECT nspname, nspacl FROM pg_namespace
      ) AS objects, aclexplode(acl) JOIN pg_roles ON pg_roles.oid = grantee
      WHERE rolname IN (${those.map((one) => `'${one}'`).join(', ')}) ORDER BY 1`);
    return rows.map(({ right }) => right);
  };

  // Whoever owns the tables, without the right to make roles.
  beforeEach(() => database.exec('BEGIN; SET ROLE perps'));
  afterEach(() => database.exec('ROLLBACK'));

  it('says what to do when whoever migrates may not create roles, in words and in SQL', async () => {
    const error = await addRights().catch((thrown: unknown) => thrown as { message: string; hint: string });
    expect(error).toMatchObject({
      message: expect.stringMatching(/^perps may not create the role \w+_owner: it lacks CREATEROLE$/),
      hint: expect.stringMatching(
        /CREATE ROLE \w+_owner; CREATE ROLE \w+_sink; CREATE ROLE \w+_reader; .*--roles external/,
      ),
    });
  });

  it('takes roles that are there, under names of ones own, from an owner without any right to create roles', async () => {
    await database.exec('RESET ROLE; CREATE ROLE owners; CREATE ROLE writers; CREATE ROLE readers');
    await database.exec(`SET ROLE perps; ${names()}`);
    await addRights();
    await database.exec('SET ROLE writers');
    const { text, values } = upsert([{}]);
    await database.query(text, values);
    await database.exec('SET CONSTRAINTS ALL IMMEDIATE; RESET ROLE');
    expect(await select(WRONG)).toEqual([]);
  });

  it('makes no role for those who make their own, and says what these need', async () => {
    await database.exec(`SET perps_connect.roles = 'external'; ${names('Writers-2')}`);
    const before = await roles();
    await addRights();
    expect(await roles()).toEqual(before);
    const streams = [
      {
        table: 'public.positions',
        derived: ['public.current_positions', 'public.position_days', 'public.position_days_from_history'],
        rebuild: 'public.rebuild_position_days',
      },
      { table: 'public.funding_payments', derived: [] },
      { table: 'public.not_there', derived: [] },
    ];
    const grants = await readGrants(database as unknown as Pick<PostgresClient, 'query'>, streams);
    expect(grants.slice(0, 3)).toEqual([
      'CREATE ROLE owners NOLOGIN;',
      'CREATE ROLE "Writers-2" NOLOGIN;',
      'CREATE ROLE readers NOLOGIN;',
    ]);
    expect(grants).toContain('GRANT SELECT, INSERT, UPDATE ON public.funding_payments TO "Writers-2";');
    await database.exec(`RESET ROLE; ${grants.join('\n')}`);
    const given = await rightsOf(['owners', 'Writers-2', 'readers']);
    await database.exec(`ROLLBACK; BEGIN; CREATE ROLE owners; CREATE ROLE "Writers-2"; CREATE ROLE readers`);
    await database.exec(names('Writers-2'));
    await addRights();
    expect(given).toEqual(await rightsOf(['owners', 'Writers-2', 'readers']));
    expect(given.length).toBeGreaterThan(25);
  });

  it('gives them to the tables of streams that were there before', async () => {
    await database.exec('RESET ROLE');
    await database.exec(`CREATE TABLE trades (id BIGSERIAL, kafka_offset BIGINT);
      CREATE TRIGGER k BEFORE UPDATE ON trades FOR EACH ROW EXECUTE FUNCTION keep_newest_delivery()`);
    await addRights();
    const [row] = await select(`SELECT has_table_privilege(group_role('sink'), 'trades', 'INSERT') AS insert,
      has_sequence_privilege(group_role('sink'), 'trades_id_seq', 'USAGE') AS sequence,
      has_table_privilege(group_role('sink'), 'trades', 'DELETE') AS delete,
      has_table_privilege(group_role('reader'), 'trades', 'SELECT') AS select`);
    expect(row).toEqual({ insert: true, sequence: true, delete: false, select: true });
  });

  it('is taken back as a whole; the roles stay', async () => {
    await database.exec('RESET ROLE');
    await addRights();
    const made = await roles();
    await runPart(database, rights(), 'down');
    expect(await roles()).toEqual(made);
    const left = await select(`SELECT relname::text FROM pg_class, aclexplode(relacl) JOIN pg_roles r ON r.oid = grantee
      WHERE rolname ~ '_(sink|reader)$'`);
    expect(left).toEqual([]);
    await addRights();
  });
});

describe('the rights that the migrations give', { timeout: PGLITE_TIMEOUT_MS }, () => {
  let group: (purpose: string) => string;
  beforeAll(async () => {
    await addRights();
    const { rows } = await database.query<{ name: string }>('SELECT current_database() AS name');
    group = (purpose) => `${rows[0]?.name}_${purpose}`;
  });
  beforeEach(async () => {
    await database.exec('TRUNCATE positions RESTART IDENTITY');
    await write({});
  });
  afterEach(() => database.exec('RESET ROLE; RESET search_path'));

  const write = async (row: Parameters<typeof upsert>[0][number]) => {
    const { text, values } = upsert([row]);
    await database.query(text, values);
  };
  const become = (purpose: string) => database.exec(`SET ROLE ${group(purpose)}`);
  const refused = (sql: string) => expect(database.exec(sql), sql).rejects.toThrow(/permission denied|must be owner/);

  it('let a sink upsert, and the rollup and its views follow exactly', async () => {
    const next = createWrites(seededRandom(9), { accounts: ['P1', 'P2', 'P3'], writer: 'w', byHand: false });
    await become('sink');
    for (let step = 0; step < 60; step += 1) {
      const { text, values } = next();
      if (!text.startsWith('INSERT')) continue;
      await database.query(text, [...values]);
    }
    await write({ signature: 's2', slot: 900, size: '7.00000000' });
    await database.exec('RESET ROLE');
    expect(await select(WRONG)).toEqual([]);
    expect(await select("SELECT size FROM current_positions WHERE position_account = 'P1'")).toEqual([
      { size: '7.00000000' },
    ]);
  });

  it('refuse a sink to delete, to alter, and to touch what is derived', async () => {
    await become('sink');
    for (const sql of NOBODY) await refused(sql);
  });

  it('refuse a reader every write', async () => {
    await become('reader');
    for (const sql of [...NOBODY, ...NO_READER]) await refused(sql);
  });

  it('refuse a reader each kind of write on each relation and sequence', async () => {
    const all = await select(`SELECT relname::text AS name, relkind::text AS kind FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')`);
    const may = await select(`SELECT relname::text, privilege FROM pg_class,
        unnest('{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) AS privilege
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm')
        AND (has_table_privilege('${group('reader')}', oid, privilege)
          OR privilege IN ('INSERT', 'UPDATE') AND has_any_column_privilege('${group('reader')}', oid, privilege))`);
    expect(all.length).toBeGreaterThan(8);
    expect(may).toEqual([]);
    await become('reader');
    for (const { name } of all.filter(({ kind }) => kind === 'S')) await refused(`SELECT nextval('${name}')`);
  });

  it('let a reader see table, views and rollup', async () => {
    await become('reader');
    for (const name of [
      'positions',
      'funding_payments',
      'current_positions',
      'user_statistics',
      'daily_pnl_snapshots',
      'position_days',
      'position_days_from_history',
    ]) {
      await select(`SELECT count(*) FROM ${name}`);
    }
  });

  it('let a member of the owners repair, delete and rebuild', async () => {
    await database.exec('UPDATE position_days SET size = 0');
    await become('owner');
    expect(await select("SELECT rebuild_position_days('{P1}') AS wrong")).toEqual([{ wrong: 1 }]);
    await database.exec("UPDATE positions SET size = 2 WHERE signature = 's1'");
    expect(await select(WRONG)).toEqual([]);
    await database.exec('DELETE FROM positions');
    expect(await select('SELECT FROM position_days')).toEqual([]);
    await database.exec('TRUNCATE positions');
  });

  it('run no function that a sink puts before those of PostgreSQL', async () => {
    await database.exec(`CREATE SCHEMA evil; GRANT ALL ON SCHEMA evil TO PUBLIC`);
    await become('sink');
    await database.exec(`
      CREATE FUNCTION evil.date_trunc(text, timestamp) RETURNS timestamp LANGUAGE plpgsql
        AS $$ BEGIN RAISE 'evil as %', current_user; END $$;
      CREATE FUNCTION evil.pg_current_xact_id() RETURNS xid8 LANGUAGE plpgsql
        AS $$ BEGIN RAISE 'evil as %', current_user; END $$;
      SET search_path = evil, pg_catalog, public`);
    await write({ signature: 's3', slot: 500 });
    await database.exec('RESET ROLE; RESET search_path');
    expect(await select(WRONG)).toEqual([]);
    await database.exec('DROP SCHEMA evil CASCADE');
  });

  it('are what the hint of a refused write names', () => {
    const { hint, fault } = knownCause('PSQLException: permission denied for table positions', '') ?? {};
    expect(hint).toContain('GRANT <database>_sink TO <user>');
    expect(fault).toBe('database');
  });
});

const never = (): never => {
  throw new Error('no migration 0009_rights');
};
