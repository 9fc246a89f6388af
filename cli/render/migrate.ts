import type { MigrateEvent, MigrationStatus } from '../../app/migrate.ts';
import type { CliContext } from '../context.ts';

/** Names each migration before it runs; `sign` is + or -. */
export const migrateReporter =
  ({ note }: CliContext, sign: string) =>
  (event: MigrateEvent): void =>
    note(
      event.kind === 'waiting'
        ? `another migration is running (${event.holder}); waiting for it to end`
        : `${sign} ${event.name}`,
    );

export const migrationLines = ({ applied, pending }: MigrationStatus): string[] => [
  ...applied.map(({ name, at }) => `= ${name}  applied ${at}`),
  ...pending.map((name) => `+ ${name}  pending`),
];
