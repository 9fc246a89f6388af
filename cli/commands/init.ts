import type { Register } from '../context.ts';
import { type OutputFormat, outputCommand } from '../flags.ts';

/** `connect init stream NAME`: the files of a new stream. */
export const registerInit: Register = (program, context) => {
  const init = program.command('init').description('write the files of a new stream');
  outputCommand(
    init,
    'stream <name>',
    'write definition, proto, Avro schema and migration of a new stream; they pass `connect check`',
  ).action(async (name: string, flags: { readonly output: OutputFormat }) => {
    const { initStream } = await import('../../app/init-stream.ts');
    const files = initStream(context, name);
    context.show(flags.output, { stream: name, files }, () => files.map((path) => `+ ${path}`));
    context.note('change the fields to yours in all of them; `connect check` says what does not agree');
  });
};
