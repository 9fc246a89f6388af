import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type SinkFlags, withSinkFlags } from '../flags.ts';

/** `connect stop`: sinks give up their tasks; offsets stay. */
export function registerStop(program: Command, context: CliContext): void {
  withSinkFlags(
    program
      .command('stop')
      .description('stop the sinks: no tasks, no database connections; offsets stay, and `resume` starts them again'),
  ).action(async (flags: SinkFlags) => {
    const { changeStates } = await import('../change-state.ts');
    await changeStates(context, 'STOPPED', flags);
  });
}
