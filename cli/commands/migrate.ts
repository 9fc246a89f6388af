import type { Command } from 'commander';
import type { PostgresConnection } from '../../core/postgres.ts';
import type { CliContext } from '../context.ts';
import { type EnvironmentFlags, wholeNumber, withEnvironmentFlags } from '../flags.ts';

interface MigrateFlags extends EnvironmentFlags {
  readonly count?: number;
  readonly yes?: boolean;
}

/** `connect migrate up|down|status`. */
export function registerMigrate(program: Command, context: CliContext): void {
  const migrate = program.command('migrate').description('apply, roll back or list the database migrations');

  withEnvironmentFlags(migrate.command('up').description('apply pending migrations, each in its own transaction'))
    .option('-n, --count <number>', 'at most this many', wholeNumber(1, 9_999))
    .action((flags: MigrateFlags) => run(context, 'up', flags));

  withEnvironmentFlags(
    migrate.command('down').description('roll back the newest migration; its table and data are dropped'),
  )
    .option('-n, --count <number>', 'this many', wholeNumber(1, 9_999))
    .option('--yes', 'do it without asking')
    .action((flags: MigrateFlags) => run(context, 'down', flags));

  withEnvironmentFlags(migrate.command('status').description('list applied and pending migrations')).action(
    async (flags: MigrateFlags) => {
      const { migrationStatus } = await import('../../migrations/runner.ts');
      const { environment, database, folder } = await settings(context, flags);
      const status = await migrationStatus(database, folder);
      if (flags.output === 'json') context.json({ environment, ...status });
      else {
        for (const { name, at } of status.applied) context.print(`= ${name}  applied ${at}`);
        for (const name of status.pending) context.print(`+ ${name}  pending`);
        context.note(`${status.applied.length} applied, ${status.pending.length} pending on ${environment}`);
      }
    },
  );
}

async function settings(
  context: CliContext,
  flags: MigrateFlags,
): Promise<{ environment: string; database: PostgresConnection; folder: string }> {
  const [{ projectFile, selectEnvironment }, { databaseConnection }] = await Promise.all([
    import('../../pipeline/load.ts'),
    import('../../pipeline/connections.ts'),
  ]);
  const project = await context.loadProject();
  const environment = selectEnvironment(project, flags.env);
  return {
    environment: environment.name,
    database: databaseConnection(environment, context.secrets(project)),
    folder: projectFile(project, 'migrations'),
  };
}

async function run(context: CliContext, direction: 'up' | 'down', flags: MigrateFlags): Promise<void> {
  const [{ migrate, migrationStatus }, { confirm }] = await Promise.all([
    import('../../migrations/runner.ts'),
    import('../confirm.ts'),
  ]);
  const { environment, database, folder } = await settings(context, flags);
  let agreed: readonly string[] | undefined;
  if (direction === 'down') {
    const { applied } = await migrationStatus(database, folder);
    agreed = applied.map(({ name }) => name).slice(-(flags.count ?? 1));
    if (agreed.length > 0) {
      await confirm(context, `roll back ${agreed.join(', ')} on ${environment}`, flags.yes === true);
    }
  }
  const done = await migrate(database, {
    folder,
    direction,
    ...(flags.count === undefined ? {} : { count: flags.count }),
    ...(agreed === undefined ? {} : { expected: agreed.toReversed() }),
    signal: context.signal,
    onWait: (holder) => context.note(`another migration is running (${holder}); waiting for it to end`),
    onMigration: (name) => context.note(`${direction === 'up' ? '+' : '-'} ${name}`),
  });
  if (flags.output === 'json') context.json({ environment, direction, migrations: done });
  const what = direction === 'up' ? 'applied' : 'rolled back';
  context.note(done.length === 0 ? `nothing to do on ${environment}` : `${done.length} ${what} on ${environment}`);
}
