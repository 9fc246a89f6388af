import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type OutputFormat, withOutputFlag } from '../flags.ts';
import { createStackProgress } from '../stack-progress.ts';

/** `connect down`: stops the local stack; data stays. */
export function registerDown(program: Command, context: CliContext): void {
  withOutputFlag(
    program
      .command('down')
      .description('stop the local stack, also what a killed `connect` left behind; its data stays'),
  )
    .option('--docker', 'stop the containers of docker-compose.yml instead, of every profile')
    .action(async (flags: { output: OutputFormat; docker?: boolean }) => {
      if (flags.docker) {
        const { downByDocker } = await import('../docker-stack.ts');
        await downByDocker(context, flags);
        return;
      }
      const [{ down }, { findProjectRoot }] = await Promise.all([
        import('../../stack/embedded-stack.ts'),
        import('../../pipeline/load.ts'),
      ]);
      // The definitions are not read: a stack must be stoppable while one of them is being edited.
      const root = findProjectRoot(context.cwd);
      const progress = await createStackProgress(context);
      const { stopped } = await down({ root, signal: context.signal, onEvent: progress.onEvent });
      if (flags.output === 'json') context.json({ stopped });
      else context.note(stopped.length === 0 ? 'nothing was running' : `stopped ${stopped.join(', ')}`);
    });
}
