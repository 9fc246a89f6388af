import type { MigrateOptions, MigrationStatus } from '../../app/migrate.ts';
import type { CliContext } from '../context.ts';

/** Names each migration before it runs; `sign` is + or -. */
export const migrateReporter = ({ note }: CliContext, sign: string): MigrateOptions => ({
  onWait: (holder) => note(`another migration is running (${holder}); waiting for it to end`),
  onMigration: (name) => note(`${sign} ${name}`),
});

export const migrationLines = ({ applied, pending }: MigrationStatus): string[] => [
  ...applied.map(({ name, at }) => `= ${name}  applied ${at}`),
  ...pending.map((name) => `+ ${name}  pending`),
];
