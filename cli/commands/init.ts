import { Option } from '@commander-js/extra-typings';
import { TEMPLATES, type Template } from '../../app/choices.ts';
import { ask, askFor } from '../ask.ts';
import type { CliContext, Register } from '../context.ts';
import { outputCommand, YES } from '../flags.ts';

interface InitFlags {
  readonly template?: Template | undefined;
  readonly stream?: string | undefined;
  readonly yes?: true | undefined;
}

/** `connect init [DIR]`: a new project. `connect init stream NAME`: the files of a new stream. */
export const registerInit: Register = (program, context) => {
  const init = outputCommand(program, 'init')
    .description('make a new project; or, with `stream`, write the files of a new stream of this one')
    .argument('[dir]', 'its folder (default: this one)')
    .addOption(
      new Option('--template <name>', 'what it begins with (default: positions, the whole example)').choices(TEMPLATES),
    )
    .option('--stream <name>', 'the first stream of the templates blank and msk (default: trades)')
    .option(YES[0], 'ask nothing')
    .action(async (dir, flags) => {
      const { initProject, requireNoProject } = await import('../../app/init-project.ts');
      const isAsked = context.isTty && flags.yes !== true;
      const folder = dir ?? (isAsked ? (await ask(context, 'folder (.): ')) || '.' : '.');
      requireNoProject(context, folder);
      const answers = isAsked ? await askTemplate(context, flags) : flags;
      const { template = 'positions', stream } = answers;
      const packageManager = context.env.npm_config_user_agent?.startsWith('pnpm/') ? 'pnpm' : undefined;
      const { written, extended, kept, ...result } = initProject(context, { folder, template, stream, packageManager });
      context.show({ ...result, template, written, extended, kept }, () => [
        ...written.map((path) => `+ ${path}`),
        ...extended.map((path) => `~ ${path}`),
        ...kept.map((path) => `= ${path}  was there and stays`),
      ]);
      const enter = folder === '.' ? '' : `cd ${folder}, `;
      context.note(
        `${result.folder} is ready. Next: ${enter}${result.packageManager} install, ${result.packageManager} start`,
      );
    });
  outputCommand(init, 'stream')
    .description('write definition, proto, Avro schema and migration of a new stream; they pass `connect check`')
    .argument('<name>')
    .action(async (name) => {
      const { initStream } = await import('../../app/init-stream.ts');
      const files = initStream(context, name);
      context.show({ stream: name, files }, () => files.map((path) => `+ ${path}`));
      context.note('change the fields to yours in all of them; `connect check` says what does not agree');
    });
};

/** What the flags leave open. */
async function askTemplate(context: CliContext, flags: InitFlags): Promise<InitFlags> {
  const { problemOfStreamName } = await import('../../app/init-stream.ts');
  context.note(
    'positions  the whole example: positions and funding payments',
    'blank      one stream, for a table of your own',
    'msk        the same, with an environment on Amazon MSK',
  );
  const isTemplate = (word: string): word is Template => (TEMPLATES as readonly string[]).includes(word);
  const word =
    flags.template ??
    (await askFor(context, 'template', flags.stream === undefined ? 'positions' : 'blank', (answer) =>
      isTemplate(answer) ? undefined : `one of ${TEMPLATES.join(', ')}`,
    ));
  const template = isTemplate(word) ? word : undefined;
  if (template === 'positions' || flags.stream !== undefined) return { ...flags, template };
  const stream = await askFor(context, 'name of the first stream', 'trades', problemOfStreamName);
  return { ...flags, template, stream };
}
