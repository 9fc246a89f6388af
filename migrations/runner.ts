import { basename } from 'node:path';
import { ConnectError, messageOf } from '../core/errors.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { lineAt, type MigrationFile, readMigrations } from './files.ts';
import {
  type AppliedMigration,
  createHistoryTables,
  forgetApplied,
  type History,
  historyProblem,
  readHistory,
  recordApplied,
} from './history.ts';
import { type LockOptions, takeMigrationLock } from './lock.ts';

export interface MigrateOptions extends LockOptions {
  readonly folder: string;
  readonly direction: 'up' | 'down';
  /** How many at most. Default: all for up, one for down. */
  readonly count?: number | undefined;
  /** The migrations that somebody agreed to, in their order. If others would run now, none runs. */
  readonly expected?: readonly string[] | undefined;
  /** Hears each migration's name before it runs. */
  readonly onMigration?: ((name: string) => void) | undefined;
}

export interface MigrationStatus {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly string[];
}

/**
 * Applies or rolls back migrations, each in a transaction of its own; returns the names of those that ran.
 * A second migrator waits for the first. The signal is heard before each migration, never inside one.
 * Errors: UNSAFE when an applied migration was edited, renamed or removed; REFUSED with PostgreSQL's reason when one fails
 * (it is rolled back, earlier ones stay); UNREACHABLE; TIMEOUT when another migrator does not end.
 */
export async function migrate(connection: PostgresConnection, options: MigrateOptions): Promise<readonly string[]> {
  const files = readMigrations(options.folder);
  return withPostgres(connection, async (client) => {
    // A role may have a schema of its own name, which PostgreSQL would otherwise look into first.
    await client.query('SET search_path TO public');
    await takeMigrationLock(client, options);
    await createHistoryTables(client);
    const history = await readHistory(client);
    const problem = historyProblem(history, files);
    if (problem !== undefined) throw problem;
    const chosen = chooseMigrations(history, files, options);
    refuseUnexpected(chosen, options);
    const done: string[] = [];
    for (const file of chosen) {
      options.signal?.throwIfAborted();
      options.onMigration?.(file.name);
      await runOne(client, options.direction, file);
      done.push(file.name);
    }
    return done;
  });
}

/**
 * Which migrations a database has and lacks; `problem` (UNSAFE) and nothing else when its history is not that of the files.
 * Changes nothing. Errors: UNREACHABLE, REFUSED.
 */
export async function readMigrationStatus(
  connection: PostgresConnection,
  folder: string,
): Promise<MigrationStatus & { readonly problem?: ConnectError | undefined }> {
  const files = readMigrations(folder);
  const history = await withPostgres(connection, readHistory);
  const problem = historyProblem(history, files);
  if (problem !== undefined) return { applied: [], pending: [], problem };
  return { applied: history.applied, pending: files.slice(history.applied.length).map(({ name }) => name) };
}

/** The same, where a history that is not that of the files is an error. Errors: UNSAFE as for `migrate`, UNREACHABLE. */
export async function migrationStatus(connection: PostgresConnection, folder: string): Promise<MigrationStatus> {
  const { problem, ...status } = await readMigrationStatus(connection, folder);
  if (problem !== undefined) throw problem;
  return status;
}

/** Applied ones are the first of the files, as `historyProblem` has made sure. */
function chooseMigrations(
  { applied }: History,
  files: readonly MigrationFile[],
  { direction, count }: MigrateOptions,
): readonly MigrationFile[] {
  if (direction === 'up') return files.slice(applied.length, applied.length + (count ?? files.length));
  return files
    .slice(0, applied.length)
    .toReversed()
    .slice(0, count ?? 1);
}

/** Another migrator may have run while somebody read the question. */
function refuseUnexpected(chosen: readonly MigrationFile[], { expected, direction }: MigrateOptions): void {
  const names = chosen.map(({ name }) => name).join(', ');
  if (expected === undefined || names === expected.join(', ')) return;
  throw new ConnectError(
    'UNSAFE',
    `migrate ${direction} would now run ${names || 'nothing'}, not ${expected.join(', ')}`,
    {
      hint: 'the database was migrated in between; run the command again',
    },
  );
}

/** One transaction holds the migration and the record of it, so that neither is there without the other. */
async function runOne(client: PostgresClient, direction: 'up' | 'down', file: MigrationFile): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(file[direction]);
    await (direction === 'up' ? recordApplied : forgetApplied)(client, file);
    await client.query('COMMIT');
  } catch (error) {
    // A connection that is lost has rolled back by itself.
    await client.query('ROLLBACK').catch(() => {});
    throw failed(error, direction, file);
  }
}

function failed(error: unknown, direction: 'up' | 'down', file: MigrationFile): ConnectError {
  const { code: sqlState, position } = error as { code?: string; position?: string };
  // PostgreSQL counts characters of what was sent, which is this part of the file.
  const line =
    position === undefined ? undefined : file.lines[direction] + lineAt(file[direction], Number(position)) - 1;
  const place = line === undefined ? basename(file.path) : `${basename(file.path)}:${line}`;
  return new ConnectError(
    'REFUSED',
    `migration ${place} (${direction}) failed and was rolled back: ${messageOf(error)}`,
    {
      cause: error,
      details: { migration: file.name, direction, line, sqlState },
      hint: 'fix the migration if it has not landed yet, otherwise the database it meets; then run the command again',
    },
  );
}
