import type { Command } from 'commander';
import { confirm } from '../confirm.ts';
import type { CliContext } from '../context.ts';
import { type EnvironmentFlags, wholeNumber, withEnvironmentFlags, YES } from '../flags.ts';
import { migrateReporter, migrationLines } from '../render/migrate.ts';

interface MigrateFlags extends EnvironmentFlags {
  readonly count?: number;
  readonly yes?: boolean;
}

const COUNT = wholeNumber(1, 9_999);

/** `connect migrate up|down|status`. */
export function registerMigrate(program: Command, context: CliContext): void {
  const migrate = program.command('migrate').description('apply, roll back or list the database migrations');

  withEnvironmentFlags(migrate.command('up').description('apply pending migrations, each in its own transaction'))
    .option('-n, --count <number>', 'at most this many', COUNT)
    .action(async ({ output, count, env }: MigrateFlags) => {
      const { migrateUp } = await import('../../app/migrate.ts');
      const session = await context.session({ env });
      const migrations = await migrateUp(session, { count, onEvent: migrateReporter(context, '+') });
      const environment = session.environment.name;
      if (output === 'json') context.json({ environment, direction: 'up', migrations });
      context.note(doneLine(migrations, 'applied', environment));
    });

  withEnvironmentFlags(
    migrate.command('down').description('roll back the newest migration; its table and data are dropped'),
  )
    .option('-n, --count <number>', 'this many', COUNT)
    .option(...YES)
    .action(async ({ output, count, env, yes }: MigrateFlags) => {
      const { migrateDown } = await import('../../app/migrate.ts');
      const session = await context.session({ env });
      const environment = session.environment.name;
      const migrations = await migrateDown(session, {
        count,
        onEvent: migrateReporter(context, '-'),
        agree: (names) => confirm(context, `roll back ${names.join(', ')} on ${environment}`, yes),
      });
      if (output === 'json') context.json({ environment, direction: 'down', migrations });
      context.note(doneLine(migrations, 'rolled back', environment));
    });

  withEnvironmentFlags(migrate.command('status').description('list applied and pending migrations')).action(
    async (flags: EnvironmentFlags) => {
      const { migrationStatus } = await import('../../app/migrate.ts');
      const session = await context.session(flags);
      const status = await migrationStatus(session);
      const environment = session.environment.name;
      context.show(flags.output, { environment, ...status }, () => migrationLines(status));
      if (flags.output === 'text')
        context.note(`${status.applied.length} applied, ${status.pending.length} pending on ${environment}`);
    },
  );
}

const doneLine = (done: readonly string[], what: string, environment: string): string =>
  done.length === 0 ? `nothing to do on ${environment}` : `${done.length} ${what} on ${environment}`;
