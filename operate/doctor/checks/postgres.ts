import { judgeDatabase } from '../../../contract/judge-database.ts';
import { observeDatabase } from '../../../contract/live-database.ts';
import { readScripts } from '../../../contract/load-contract.ts';
import { parseScript } from '../../../contract/sql-parser.ts';
import { serversOf, withPostgres } from '../../../core/postgres.ts';
import { readMigrationStatus } from '../../../migrations/runner.ts';
import { projectFile } from '../../../pipeline/load.ts';
import type { Project, StreamDefinition } from '../../../pipeline/types.ts';
import { broken, type Check, type Diagnosis, ok, warning } from '../check.ts';
import { definedIndexes } from '../defined-indexes.ts';

/** The oldest release that the PostgreSQL project still maintains. */
const OLDEST = 14;

/** The database answers, lets us in, and is of a maintained version. */
export const postgresReachable: Check<'database' | 'query'> = {
  name: 'postgres.reachable',
  reaches: 'postgres',
  needs: [],
  async run({ database, query }) {
    const [row] = await query<{ version: string; number: string; size: string }>(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
              pg_size_pretty(pg_database_size(current_database())) AS size`,
    );
    const subject = `PostgreSQL at ${serversOf(database)}/${database.database}`;
    const { version = '', number = '0', size = '' } = row ?? {};
    const message = `PostgreSQL ${version.split(' ')[0]}, database of ${size}`;
    if (Math.floor(Number(number) / 10_000) < OLDEST) {
      return [warning(subject, message, `update the server: PostgreSQL ${OLDEST} is the oldest supported`)];
    }
    return [ok(subject, message)];
  },
};

const UTC = /^(UTC|Etc\/UTC|GMT|Etc\/GMT|Zulu|Universal)$/i;

/** The database's own time zone is UTC. The pipeline's sessions set UTC themselves; a person's sessions do not. */
export const postgresTimeZone: Check<'database'> = {
  name: 'postgres.time-zone',
  needs: ['postgres'],
  async run({ database }) {
    const zone = await withPostgres({ ...database, timeZone: 'server' }, async (client) => {
      const { rows } = await client.query<{ TimeZone: string }>('SHOW TimeZone');
      return rows[0]?.TimeZone ?? '';
    });
    if (UTC.test(zone)) return [ok(database.database, `time zone ${zone}`)];
    const message = `time zone ${zone}: now() in a query of your own is not the UTC that the tables hold`;
    return [warning(database.database, message, `ALTER DATABASE ${database.database} SET timezone TO 'UTC'`)];
  },
};

/** A session that sits idle in a transaction is ended: it would hold locks that the sinks wait for, and keep VACUUM from its work. */
export const postgresIdleTransactions: Check<'database' | 'query'> = {
  name: 'postgres.idle-transactions',
  needs: ['postgres'],
  async run({ database: { database }, query }) {
    const [row] = await query<{ timeout: string }>(
      `SELECT current_setting('idle_in_transaction_session_timeout') AS timeout`,
    );
    const { timeout = '0' } = row ?? {};
    if (timeout !== '0') return [ok(database, `sessions may be idle in a transaction for ${timeout}`)];
    const message =
      'idle_in_transaction_session_timeout is not set: a forgotten transaction can hold up the sinks for ever';
    const remedy = `ALTER DATABASE ${database} SET idle_in_transaction_session_timeout TO '10min'`;
    return [warning(database, message, remedy)];
  },
};

const REMEDY = 'run `connect migrate up`';

/** The database has the migrations of the files, and no others. */
export const postgresMigrations: Check<'project' | 'database'> = {
  name: 'postgres.migrations',
  needs: ['postgres'],
  async run({ project, database }) {
    const { applied, pending, problem } = await readMigrationStatus(database, projectFile(project, 'migrations'));
    if (problem !== undefined) {
      return [broken(database.database, problem.message, problem.hint ?? 'put the files back as they ran')];
    }
    const all = applied.length + pending.length;
    if (pending.length === 0) return [ok(database.database, `${all} of ${all} migrations applied`)];
    if (applied.length === 0) return [broken(database.database, 'no migration has run: there is no table', REMEDY)];
    return [warning(database.database, `pending: ${pending.join(', ')}`, REMEDY)];
  },
};

/**
 * Triggers, functions, rules and row security are as the rules of `connect check` want them, the sink's role may write, and its
 * sessions have no setting that harms rows. As long as migrations are missing, another check tells.
 */
export const postgresWrites: Check<'project' | 'environment' | 'streams' | 'database' | 'query'> = {
  name: 'postgres.writes',
  needs: ['postgres'],
  async run({ project, environment, streams, database, query }) {
    const { pending, problem } = await readMigrationStatus(database, projectFile(project, 'migrations'));
    if (pending.length > 0 || problem !== undefined) return [];
    const live = await observeDatabase((sql) => query(sql), environment, streams);
    return streams.flatMap((stream) => {
      const found = judgeDatabase(project, stream, environment, live);
      const fine = ok(stream.table.name, "triggers, functions and rights of the sink's role are as needed");
      return found.length === 0 ? [fine] : found.map(({ path, message, remedy }) => broken(path, message, remedy));
    });
  },
};

/** PostgreSQL keeps the version of the locale library by which texts were ordered since release 15. */
const COLLATION_SQL = `
  SELECT datcollversion AS kept, pg_database_collation_actual_version(oid) AS actual
    FROM pg_database WHERE datname = current_database()`;
const COLLATION_KEPT_SINCE = 150_000;

/** The locale library orders texts as it did when the database's indexes were built. */
export const postgresCollation: Check<'database' | 'query'> = {
  name: 'postgres.collation',
  needs: ['postgres'],
  async run({ database: { database }, query }) {
    const [server] = await query<{ number: string }>(`SELECT current_setting('server_version_num') AS number`);
    if (Number(server?.number) < COLLATION_KEPT_SINCE) return [];
    const [row] = await query<{ kept: string | null; actual: string | null }>(COLLATION_SQL);
    const { kept = null, actual = null } = row ?? {};
    if (kept === null || kept === actual) return [ok(database, 'texts are ordered as when the indexes were built')];
    const message = `indexes were built when the locale library was version ${kept}, and it is ${actual ?? 'another'} now: lookups of texts may miss rows, and a unique index may let doubles in`;
    return [
      warning(database, message, `REINDEX DATABASE ${database}; ALTER DATABASE ${database} REFRESH COLLATION VERSION`),
    ];
  },
};

interface IndexRow {
  readonly name: string;
  readonly table: string;
  readonly valid: boolean;
  /** Whether ON CONFLICT can use it, and for which columns. */
  readonly arbiter: boolean;
  readonly columns: readonly string[];
}

const INDEXES_SQL = `
  SELECT c.relname AS name, t.relname AS table, i.indisvalid AND i.indisready AS valid,
         i.indisunique AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AS arbiter,
         ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
                 JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                WHERE k.position <= i.indnkeyatts ORDER BY 1) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
   WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   ORDER BY c.relname`;

/**
 * Every index of the database is valid, the upsert key of each stream has its unique index, and the indexes that the
 * applied migrations make are there.
 */
export const postgresIndexes: Check<'streams' | 'project' | 'query'> = {
  name: 'postgres.indexes',
  needs: ['postgres'],
  async run(probes) {
    const rows = await probes.query<IndexRow>(INDEXES_SQL);
    return [
      ...probes.streams.map((stream) => judgeKey(stream, rows)),
      ...rows.filter(({ valid }) => !valid).map(invalid),
      ...(await missing(probes.project, rows)),
    ];
  },
};

const invalid = ({ name, table }: IndexRow): Diagnosis =>
  broken(
    name,
    `index of ${table} is not valid: building it failed, or goes on`,
    `when no build goes on: REINDEX INDEX CONCURRENTLY ${name}`,
  );

function judgeKey({ table: { name, key } }: StreamDefinition, rows: readonly IndexRow[]): Diagnosis {
  const wanted = [...key].sort().join(', ');
  const own = rows.filter(({ table }) => table === name.split('.').at(-1));
  if (own.some(({ valid, arbiter, columns }) => valid && arbiter && columns.join(', ') === wanted)) {
    return ok(name, `unique index on ${key.join(', ')}, ${own.length} indexes`);
  }
  const message = `no valid unique index on ${key.join(', ')}: the sink cannot upsert`;
  return broken(name, message, 'run `connect migrate up`');
}

/** Indexes of tables that this database has. Migrations that have not run are the business of `postgres.migrations`. */
async function missing(project: Project, rows: readonly IndexRow[]): Promise<Diagnosis[]> {
  const scripts = await Promise.all(readScripts(project).map(parseScript));
  const tables = new Set(rows.map(({ table }) => table));
  return definedIndexes(scripts.flatMap(({ statements }) => statements))
    .filter(({ name, table }) => tables.has(table) && !rows.some((row) => row.name === name))
    .map(({ name, table }) =>
      warning(name, `index of ${table} is not there: queries get slow`, 'run `connect migrate up`, or create it again'),
    );
}
