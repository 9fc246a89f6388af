import { basename } from 'node:path';
import { runner } from 'node-pg-migrate';
import { ConnectError } from '../core/errors.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { type MigrationFile, readMigrations } from './files.ts';

const MIGRATIONS_TABLE = 'pgmigrations';
const CHECKSUMS_TABLE = 'pgmigrations_checksums';
/** Any number no other program locks; the same for every migrator of this package. */
const LOCK_KEY = '7021945512233411';
const LOCK_WAIT_MS = 60_000;

export interface MigrateOptions {
  readonly folder: string;
  readonly direction: 'up' | 'down';
  /** How many at most. Default: all for up, one for down. */
  readonly count?: number;
  /** Told each migration's name before it runs. */
  readonly onMigration?: (name: string) => void;
}

export interface AppliedMigration {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

export interface MigrationStatus {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly string[];
}

/**
 * Applies or rolls back migrations, each in a transaction of its own; returns the names of those that ran.
 * A second migrator waits for the first. Errors: UNSAFE when an applied migration was edited, renamed or removed;
 * REFUSED with PostgreSQL's reason when one fails (it is rolled back, earlier ones stay); UNREACHABLE; TIMEOUT.
 */
export async function migrate(connection: PostgresConnection, options: MigrateOptions): Promise<readonly string[]> {
  const files = readMigrations(options.folder);
  return withPostgres(connection, async (client) => {
    await lock(client);
    await createTables(client);
    await checkHistory(client, files);
    const names = await chooseMigrations(client, files, options);
    const done: string[] = [];
    for (const name of names) {
      options.onMigration?.(name);
      await runOne(client, options, files, name);
      done.push(name);
    }
    return done;
  });
}

/** Which migrations a database has and lacks. Changes nothing, also on a database that was never migrated. */
export async function migrationStatus(connection: PostgresConnection, folder: string): Promise<MigrationStatus> {
  const files = readMigrations(folder);
  return withPostgres(connection, async (client) => {
    if (!(await tableExists(client, MIGRATIONS_TABLE))) return { applied: [], pending: files.map(({ name }) => name) };
    await checkHistory(client, files);
    const applied = await readApplied(client);
    const known = new Set(applied.map(({ name }) => name));
    return { applied, pending: files.map(({ name }) => name).filter((name) => !known.has(name)) };
  });
}

/** Held until the session ends, so also when this process dies. */
async function lock(client: PostgresClient): Promise<void> {
  await client.query(`SET lock_timeout = ${LOCK_WAIT_MS}`);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
  } catch (error) {
    throw new ConnectError('TIMEOUT', `another migration has been running for ${LOCK_WAIT_MS / 1000} s`, {
      cause: error,
      hint: 'wait for it to end, or find it in pg_stat_activity (application_name perps-connect)',
    });
  }
  await client.query('SET lock_timeout = 0');
}

async function createTables(client: PostgresClient): Promise<void> {
  // node-pg-migrate creates its own table with a time without zone; made here, its times are UTC whatever the session's zone.
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${MIGRATIONS_TABLE}
       (id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL, run_on TIMESTAMP NOT NULL)`,
  );
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${CHECKSUMS_TABLE} (name VARCHAR(255) PRIMARY KEY, sha256 TEXT NOT NULL)`,
  );
}

async function tableExists(client: PostgresClient, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [table]);
  return rows[0]?.found === true;
}

async function readApplied(client: PostgresClient): Promise<AppliedMigration[]> {
  const { rows } = await client.query<{ name: string; at: string }>(
    `SELECT name, to_char(run_on, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at FROM ${MIGRATIONS_TABLE} ORDER BY id`,
  );
  return rows;
}

/** Applied migrations must be the files' first ones, unedited: otherwise the files no longer describe the database. */
async function checkHistory(client: PostgresClient, files: readonly MigrationFile[]): Promise<void> {
  const applied = await readApplied(client);
  const { rows } = await client.query<{ name: string; sha256: string }>(`SELECT name, sha256 FROM ${CHECKSUMS_TABLE}`);
  const checksums = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
  for (const [index, { name }] of applied.entries()) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined) {
      throw unsafe(
        `migration ${name} is applied, but its file is not there`,
        'restore the file, or check out the version that has it',
      );
    }
    if (files[index]?.name !== name) {
      throw unsafe(
        `migration ${files[index]?.name} comes before ${name}, which is already applied`,
        'give the new migration the next free number',
      );
    }
    const checksum = checksums.get(name);
    if (checksum !== undefined && checksum !== file.checksum) {
      throw unsafe(
        `migration ${basename(file.path)} was edited after it was applied`,
        'restore it as it was and put the change into a new migration',
      );
    }
  }
}

async function chooseMigrations(
  client: PostgresClient,
  files: readonly MigrationFile[],
  { direction, count }: MigrateOptions,
): Promise<string[]> {
  const applied = (await readApplied(client)).map(({ name }) => name);
  if (direction === 'down') return applied.toReversed().slice(0, count ?? 1);
  const pending = files.map(({ name }) => name).filter((name) => !applied.includes(name));
  return pending.slice(0, count ?? pending.length);
}

async function runOne(
  client: PostgresClient,
  { folder, direction }: MigrateOptions,
  files: readonly MigrationFile[],
  name: string,
): Promise<void> {
  try {
    await runner({
      dbClient: client,
      dir: folder,
      // Only the SQL files of this folder, which also holds code and the golden dump.
      ignorePattern: '(?!\\d{4}_.*\\.sql$).*',
      direction,
      count: 1,
      migrationsTable: MIGRATIONS_TABLE,
      // Ours waits; theirs fails at once.
      noLock: true,
      singleTransaction: true,
      logger: { info() {}, warn() {}, error() {} },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const { code: sqlState } = error as { code?: string };
    throw new ConnectError('REFUSED', `migration ${name} (${direction}) failed and was rolled back: ${reason}`, {
      cause: error,
      details: { migration: name, direction, ...(sqlState === undefined ? {} : { sqlState }) },
      hint: 'fix the migration if it has not landed yet, otherwise the database it meets; then run the command again',
    });
  }
  if (direction === 'down') {
    await client.query(`DELETE FROM ${CHECKSUMS_TABLE} WHERE name = $1`, [name]);
    return;
  }
  const checksum = files.find((file) => file.name === name)?.checksum;
  await client.query(
    `INSERT INTO ${CHECKSUMS_TABLE} (name, sha256) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET sha256 = EXCLUDED.sha256`,
    [name, checksum],
  );
}

const unsafe = (message: string, hint: string): ConnectError => new ConnectError('UNSAFE', message, { hint });
