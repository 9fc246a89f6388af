import {
  type MigrationStatus,
  type MigrateOptions as RunOptions,
  migrationStatus as readStatus,
  migrate as runMigrations,
} from '../migrations/runner.ts';
import { requireUnwritten } from './require-unwritten.ts';
import type { Session } from './session.ts';

export type { MigrationStatus };

export type MigrateOptions = Pick<RunOptions, 'count' | 'onWait' | 'onMigration' | 'onStep' | 'onBusy'>;

/** Applies pending migrations and returns their names. Errors: UNSAFE when one drops a column that a deployed sink writes. */
export async function migrateUp(session: Session, options: MigrateOptions): Promise<readonly string[]> {
  const { pending } = await migrationStatus(session);
  await requireUnwritten(session, pending.slice(0, options.count));
  return run(session, { ...options, direction: 'up' });
}

export interface RollBackOptions extends MigrateOptions {
  /** Hears the migrations that would be rolled back; throws when that is not wanted. Not called when there are none. */
  readonly agree: (names: readonly string[]) => Promise<void>;
}

/** Rolls back the newest migrations, exactly those that were agreed to, and returns their names. */
export async function migrateDown(session: Session, options: RollBackOptions): Promise<readonly string[]> {
  const { applied, begun } = await migrationStatus(session);
  // One that is half rolled back is the first to go on with.
  const standing = [...applied, ...(begun?.direction === 'down' ? [begun] : [])];
  const agreed = standing.map(({ name }) => name).slice(-(options.count ?? 1));
  if (agreed.length > 0) await options.agree(agreed);
  return run(session, { ...options, direction: 'down', expected: agreed.toReversed() });
}

/** Which migrations the database has and lacks. */
export const migrationStatus = (session: Session): Promise<MigrationStatus> =>
  readStatus(session.asMigrator, session.file('migrations'));

const run = (session: Session, options: Omit<RunOptions, 'folder' | 'signal'>): Promise<readonly string[]> =>
  runMigrations(session.asMigrator, { ...options, folder: session.file('migrations'), signal: session.signal });
