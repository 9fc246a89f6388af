import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type OutputFormat, withOutputFlag } from '../flags.ts';

/** `connect init stream NAME`: the files of a new stream. */
export function registerInit(program: Command, context: CliContext): void {
  const init = program.command('init').description('write the files of a new stream');
  withOutputFlag(
    init
      .command('stream <name>')
      .description('write definition, proto, Avro schema and migration of a new stream; they pass `connect check`'),
  ).action(async (name: string, flags: { readonly output: OutputFormat }) => {
    const { initStream } = await import('../../app/init-stream.ts');
    const files = initStream(context, name);
    context.show(flags.output, { stream: name, files }, () => files.map((path) => `+ ${path}`));
    context.note('change the fields to yours in all of them; `connect check` says what does not agree');
  });
}
