import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type SinkFlags, withSinkFlags } from '../flags.ts';

/** `connect pause`: sinks write nothing until they are resumed. */
export function registerPause(program: Command, context: CliContext): void {
  withSinkFlags(
    program
      .command('pause')
      .description('pause the sinks: tasks keep their partitions and write nothing until `resume`'),
  ).action(async (flags: SinkFlags) => {
    const { changeStates } = await import('../change-state.ts');
    await changeStates(context, 'PAUSED', flags);
  });
}
