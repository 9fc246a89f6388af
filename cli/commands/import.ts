import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type EnvironmentFlags, withEnvironmentFlags } from '../flags.ts';

interface ImportFlags extends EnvironmentFlags {
  readonly as?: string;
}

/** `connect import NAME`: a live connector as a definition. Changes nothing. */
export function registerImport(program: Command, context: CliContext): void {
  withEnvironmentFlags(
    program
      .command('import')
      .description(
        'print a running connector as a definition that renders to the same configuration; exit 3 if it cannot hold a setting',
      ),
  )
    .argument('<connector>', 'name of the connector on the cluster')
    .option('--as <stream>', 'name of the new stream, where the project has none for the topic; default: of the topic')
    .action(async (connector: string, flags: ImportFlags) => {
      const [{ importConnector }, { changeText }] = await Promise.all([
        import('../../app/import.ts'),
        import('../render/plan.ts'),
      ]);
      const session = await context.session(flags);
      const { environment } = session;
      const imported = await importConnector(session, connector, flags.as);
      const { stream, definition, differences, guesses, adopts } = imported;
      context.show(
        flags.output,
        { environment: environment.name, file: stream.file, definition, differences, guesses },
        () => [definition.trimEnd()],
      );
      for (const guess of guesses) context.note(`guessed  ${guess}`);
      if (adopts) context.note(`a deploy marks ${connector} as a sink of ${environment.project}`);
      for (const change of differences) context.note(`a deploy would still change  ${changeText(change, 0)}`);
      context.note(
        differences.length === 0
          ? `${stream.file} as printed renders to what ${connector} has`
          : `✗ ${differences.length} ${differences.length === 1 ? 'setting' : 'settings'} of ${connector} cannot be said in a definition`,
      );
      if (differences.length > 0) context.setExitCode(3);
    });
}
