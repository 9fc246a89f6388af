import { type Command, Option } from 'commander';
import type { CliContext } from '../context.ts';

interface RebuildFlags {
  readonly env?: string;
  readonly only?: string[];
  readonly output: 'text' | 'json';
}

/** `connect rebuild`: derived tables become what their history gives, while sinks go on. */
export function registerRebuild(program: Command, context: CliContext): void {
  program
    .command('rebuild')
    .description('recreate what is derived from the history (table.fold), while the sinks go on writing')
    .option('-e, --env <name>', 'environment of connect.yaml')
    .option('--only <stream...>', 'these streams only')
    .addOption(new Option('-o, --output <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(async (flags: RebuildFlags) => {
      const { rebuildStreams } = await import('../rebuild-streams.ts');
      await rebuildStreams(context, flags);
    });
}
