import type { MigrateOptions, MigrationStatus } from '../../app/migrate.ts';
import type { CliContext } from '../context.ts';

/** Names each migration, and each step of one that has steps, before it runs; `sign` is + or -. */
export const migrateReporter = ({ note }: CliContext, sign: string): MigrateOptions => ({
  onWait: (holder) => note(`another migration is running (${holder}); waiting for it to end`),
  onMigration: (name) => note(`${sign} ${name}`),
  onStep: ({ title, number, of }) => note(`    step ${number} of ${of}: ${title}`),
  onBusy: (reason) => note(`    ${reason}; trying again`),
});

export const migrationLines = ({ applied, pending, begun }: MigrationStatus): string[] => [
  ...applied.map(({ name, at }) => `= ${name}  applied ${at}`),
  ...pending.map((name) => `+ ${name}  pending${name === begun?.name ? interrupted(begun) : ''}`),
];

const interrupted = ({ direction, done }: NonNullable<MigrationStatus['begun']>): string =>
  `, interrupted after step ${done}: \`connect migrate ${direction}\` goes on with it`;
