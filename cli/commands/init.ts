import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

/** `connect init stream NAME`: the files of a new stream. */
export function registerInit(program: Command, context: CliContext): void {
  const init = program.command('init').description('write the files of something new');
  init
    .command('stream <name>')
    .description('write definition, proto, Avro schema and migration of a new stream; they pass `connect check`')
    .action(async (name: string) => {
      const { initStream } = await import('../init-stream.ts');
      const project = await context.loadProject();
      for (const path of initStream(project, name)) context.print(`+ ${path}`);
      context.note('change the fields to yours in all of them; `connect check` says what does not agree');
    });
}
