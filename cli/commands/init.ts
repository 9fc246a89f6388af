import type { Register } from '../context.ts';
import { outputCommand } from '../flags.ts';

/** `connect init stream NAME`: the files of a new stream. */
export const registerInit: Register = (program, context) => {
  const init = program.command('init').description('write the files of a new stream');
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
