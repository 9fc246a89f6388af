import { Option } from '@commander-js/extra-typings';
import type { Session } from '../../app/session.ts';
import { confirm } from '../confirm.ts';
import type { Register } from '../context.ts';
import { environmentCommand, wholeNumber, YES } from '../flags.ts';
import { migrateReporter, migrationLines } from '../render/migrate.ts';

const COUNT = wholeNumber(1, 9_999);
const ROLES = 'others make the group roles: no migration does, and what they have to run is printed';

/** `connect migrate up|down|status`. */
export const registerMigrate: Register = (program, context) => {
  const migrate = program.command('migrate').description('apply, roll back or list the database migrations');

  environmentCommand(migrate, 'up')
    .description('apply pending migrations, each in its own transaction')
    .option('-n, --count <number>', 'apply at most this many', COUNT)
    .addOption(new Option('--roles <who>', ROLES).choices(['external']))
    .action(async ({ count, env, roles }) => {
      const externalRoles = roles === 'external';
      const { migrateUp, roleGrants } = await import('../../app/migrate.ts');
      const session = await context.session({ env });
      const migrations = await migrateUp(session, { count, externalRoles, ...migrateReporter(context, '+') });
      const grants = externalRoles ? await roleGrants(session) : undefined;
      context.answer(session, { direction: 'up', migrations, ...(grants && { grants }) }, () => grants ?? []);
      context.note(doneLine(migrations, 'applied', session));
    });

  environmentCommand(migrate, 'down')
    .description('roll back the newest migration; its table and data are dropped')
    .option('-n, --count <number>', 'roll back this many (default: 1)', COUNT)
    .option(...YES)
    .action(async ({ count, env, yes }) => {
      const { migrateDown } = await import('../../app/migrate.ts');
      const session = await context.session({ env });
      const migrations = await migrateDown(session, {
        count,
        ...migrateReporter(context, '-'),
        agree: (names) => confirm(context, `roll back ${names.join(', ')} on ${session.environment.name}`, yes),
      });
      context.answer(session, { direction: 'down', migrations });
      context.note(doneLine(migrations, 'rolled back', session));
    });

  environmentCommand(migrate, 'status')
    .description('list applied and pending migrations')
    .addOption(new Option('--roles <who>', ROLES).choices(['external']))
    .action(async ({ env, roles }) => {
      const externalRoles = roles === 'external';
      const { migrationStatus, roleGrants } = await import('../../app/migrate.ts');
      const session = await context.session({ env });
      const status = await migrationStatus(session);
      const grants = externalRoles ? await roleGrants(session) : undefined;
      context.answer(session, { ...status, ...(grants && { grants }) }, () => [
        ...migrationLines(status),
        ...(grants ?? []),
      ]);
      if (context.format === 'text')
        context.note(
          `${status.applied.length} applied, ${status.pending.length} pending on ${session.environment.name}`,
        );
    });
};

const doneLine = (done: readonly string[], what: string, { environment }: Session): string =>
  `${done.length === 0 ? 'nothing to do' : `${done.length} ${what}`} on ${environment.name}`;
