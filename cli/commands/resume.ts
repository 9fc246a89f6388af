import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type SinkFlags, withSinkFlags } from '../flags.ts';

/** `connect resume`: sinks that were paused or stopped run again. */
export function registerResume(program: Command, context: CliContext): void {
  withSinkFlags(
    program.command('resume').description('start paused or stopped sinks again and wait until every task runs'),
  ).action(async (flags: SinkFlags) => {
    const { changeStates } = await import('../change-state.ts');
    await changeStates(context, 'RUNNING', flags);
  });
}
