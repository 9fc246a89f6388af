import type { Register } from '../context.ts';
import { environmentCommand } from '../flags.ts';
import { noun } from '../format.ts';
import { changeText } from '../render/plan.ts';

/** `connect import NAME`: a live connector as a definition. Changes nothing. */
export const registerImport: Register = (program, context) => {
  environmentCommand(program, 'import')
    .description(
      'print a running connector as a definition that renders to the same configuration; exit 3 if it cannot hold a setting',
    )
    .argument('<connector>', 'name of the connector on the cluster')
    .option(
      '--as <stream>',
      'name of the stream, if the project has none for this topic (default: the name of the topic)',
    )
    .action(async (connector, flags) => {
      const { importConnector } = await import('../../app/import.ts');
      const session = await context.session(flags);
      const imported = await importConnector(session, connector, flags.as);
      const { stream, definition, differences, guesses, adopts } = imported;
      const document = { file: stream.file, definition, differences, guesses };
      context.answer(session, document, () => [definition.trimEnd()]);
      for (const guess of guesses) context.note(`guessed  ${guess}`);
      if (adopts) context.note(`a deploy marks ${connector} as a sink of ${session.environment.project}`);
      for (const change of differences) context.note(`a deploy would still change  ${changeText(change, 0)}`);
      context.note(
        differences.length === 0
          ? `${stream.file} as printed renders to what ${connector} has`
          : `✗ a definition cannot hold ${differences.length} ${noun(differences.length, 'setting')} of ${connector}`,
      );
      if (differences.length > 0) context.setExitCode(3);
    });
};
