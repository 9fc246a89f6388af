import { withPostgres } from '../core/postgres.ts';
import { nameRoles, readGrants } from '../migrations/roles.ts';
import {
  type MigrationStatus,
  type MigrateOptions as RunOptions,
  migrationStatus as readStatus,
  migrate as runMigrations,
} from '../migrations/runner.ts';
import { groupRoles } from '../pipeline/names.ts';
import { requireUnwritten } from './require-unwritten.ts';
import type { Session } from './session.ts';

export type { MigrationStatus };

/** How migrations are run: how many, who makes the group roles, and who hears how far they are. */
export type MigrateOptions = Pick<
  RunOptions,
  'count' | 'externalRoles' | 'onWait' | 'onMigration' | 'onStep' | 'onBusy'
>;

/**
 * Applies pending migrations and returns their names. Errors: UNSAFE when one drops a column that a deployed sink writes, or when a migration that has run was
 * edited; REFUSED for what PostgreSQL refuses; UNREACHABLE.
 */
export async function migrateUp(session: Session, options: MigrateOptions): Promise<readonly string[]> {
  const { pending } = await migrationStatus(session);
  await requireUnwritten(session, pending.slice(0, options.count));
  return run(session, { ...options, direction: 'up' });
}

/** How migrations are rolled back. */
export interface RollBackOptions extends MigrateOptions {
  /** Hears the migrations that would be rolled back; throws when that is not wanted. Not called when there are none. */
  readonly agree: (names: readonly string[]) => Promise<void>;
}

/** Rolls back the newest migrations, exactly those that were agreed to, and returns their names. Errors: those of `migrateUp` and of `agree`. */
export async function migrateDown(session: Session, options: RollBackOptions): Promise<readonly string[]> {
  const { applied, begun } = await migrationStatus(session);
  // One that is half rolled back is the first to go on with.
  const standing = [...applied, ...(begun?.direction === 'down' ? [begun] : [])];
  const agreed = standing.map(({ name }) => name).slice(-(options.count ?? 1));
  if (agreed.length > 0) await options.agree(agreed);
  return run(session, { ...options, direction: 'down', expected: agreed.toReversed() });
}

/** Which migrations the database has and lacks. Errors: UNREACHABLE, REFUSED. */
export const migrationStatus = (session: Session): Promise<MigrationStatus> =>
  readStatus(session.asMigrator, session.file('migrations'));

/** What a team runs that makes the group roles itself, as statements: roles that are missing, and the rights of all. */
export const roleGrants = (session: Session): Promise<readonly string[]> =>
  withPostgres(session.asMigrator, async (client) => {
    await nameRoles(client, { roles: groupRoles(session.environment.database) });
    return readGrants(
      client,
      session.project.streams.map(({ table: { name, current, fold } }) => ({
        table: name,
        derived: [current?.view, fold?.table, fold?.source].filter((one) => one !== undefined),
        rebuild: fold?.rebuild,
      })),
    );
  });

const run = (session: Session, options: Omit<RunOptions, 'folder' | 'signal'>): Promise<readonly string[]> =>
  runMigrations(session.asMigrator, {
    ...options,
    roles: groupRoles(session.environment.database),
    folder: session.file('migrations'),
    signal: session.signal,
  });
