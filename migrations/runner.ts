import { ConnectError } from '../core/errors.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { migrationFailure } from './failure.ts';
import { type MigrationFile, readMigrations } from './files.ts';
import {
  type AppliedMigration,
  type BegunMigration,
  createHistoryTables,
  type Direction,
  forgetApplied,
  forgetSteps,
  type History,
  historyProblem,
  readHistory,
  recordApplied,
} from './history.ts';
import { type LockOptions, takeMigrationLock } from './lock.ts';
import { nameRoles, type RoleOptions } from './roles.ts';
import { runSteps, type StepEvents } from './steps.ts';

export interface MigrateOptions extends LockOptions, StepEvents, RoleOptions {
  readonly folder: string;
  readonly direction: Direction;
  /** How many at most. Default: all for up, one for down. */
  readonly count?: number | undefined;
  /** The migrations that somebody agreed to, in their order. If others would run now, none runs. */
  readonly expected?: readonly string[] | undefined;
  /** Hears each migration's name before it runs. */
  readonly onMigration?: ((name: string) => void) | undefined;
}

/** Which migrations of the files a database has, and which it lacks, by their names and in their order. */
export interface MigrationStatus {
  readonly applied: readonly AppliedMigration[];
  readonly pending: readonly string[];
  /** One that was interrupted between its steps; the next command of its direction finishes it. */
  readonly begun?: Pick<BegunMigration, 'name' | 'direction' | 'done'> | undefined;
}

/**
 * Applies or rolls back migrations, each in a transaction of its own or step by step; returns the names of those that ran.
 * A second migrator waits for the first. The signal is heard before each migration and step, never inside one.
 * Errors: UNSAFE when an applied migration was edited, renamed or removed, or one was interrupted that went the other way;
 * REFUSED with PostgreSQL's reason when one fails (it is rolled back, earlier ones and steps stay); UNREACHABLE; TIMEOUT when
 * another migrator does not end.
 */
export async function migrate(connection: PostgresConnection, options: MigrateOptions): Promise<readonly string[]> {
  const files = readMigrations(options.folder);
  return withPostgres(connection, async (client) => {
    // A role may have a schema of its own name, which PostgreSQL would otherwise look into first.
    await client.query('SET search_path TO public');
    await nameRoles(client, options);
    await takeMigrationLock(client, options);
    await createHistoryTables(client);
    const history = await readHistory(client);
    const problem = historyProblem(history, files);
    if (problem !== undefined) throw problem;
    refuseUnfinished(history, options);
    const chosen = chooseMigrations(history, files, options);
    refuseUnexpected(chosen, options);
    const done: string[] = [];
    for (const file of chosen) {
      options.signal?.throwIfAborted();
      options.onMigration?.(file.name);
      if (file.steps[options.direction].length > 0) await runSteps(client, file, history, options);
      await record(client, options.direction, file);
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
  const { begun } = history;
  // Half rolled back is not applied.
  const applied = history.applied.filter(({ name }) => begun?.direction !== 'down' || name !== begun.name);
  return {
    applied,
    pending: files.slice(applied.length).map(({ name }) => name),
    ...(begun && { begun: { name: begun.name, direction: begun.direction, done: begun.done } }),
  };
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

/** A migration is half on its way: the other way would start from a state that no file describes. */
function refuseUnfinished({ begun }: History, { direction }: MigrateOptions): void {
  if (begun === undefined || begun.direction === direction) return;
  throw new ConnectError('UNSAFE', `migration ${begun.name} (${begun.direction}) was interrupted and is not finished`, {
    hint: `finish it with \`connect migrate ${begun.direction}\``,
  });
}

/** One transaction holds the migration, unless it has run in steps, and the record of it: neither is there without the other. */
async function record(client: PostgresClient, direction: Direction, file: MigrationFile): Promise<void> {
  await client.query('BEGIN');
  try {
    if (file.steps[direction].length === 0) await client.query(file[direction]);
    else await forgetSteps(client, file);
    await (direction === 'up' ? recordApplied : forgetApplied)(client, file);
    await client.query('COMMIT');
  } catch (error) {
    // A connection that is lost has rolled back by itself.
    await client.query('ROLLBACK').catch(() => {});
    throw migrationFailure(error, direction, file);
  }
}
