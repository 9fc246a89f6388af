import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type StreamFlags, withStreamFlags } from '../flags.ts';

/** `connect rebuild`: derived tables become what their history gives, while sinks go on. */
export function registerRebuild(program: Command, context: CliContext): void {
  withStreamFlags(
    program
      .command('rebuild')
      .description('recreate what is derived from the history (table.fold), while the sinks go on writing'),
  ).action(async (flags: StreamFlags) => {
    const { rebuildStreams } = await import('../rebuild-streams.ts');
    await rebuildStreams(context, flags);
  });
}
