import type { Register } from '../context.ts';
import { outputCommand } from '../flags.ts';
import { withStackProgress } from '../render/stack.ts';

/** `connect down`: stops the local stack; data stays. */
export const registerDown: Register = (program, context) => {
  outputCommand(program, 'down')
    .description('stop the local stack, even one that a killed `connect` left running; the data stays')
    .option('--docker', 'stop the containers of docker-compose.yml instead, those of every profile')
    .action(async ({ docker }) => {
      const { down, downByDocker } = await import('../../app/down.ts');
      const stopped = docker
        ? await downByDocker(context, { onOutput: (text) => void context.stderr.write(text) })
        : await withStackProgress(context, (onEvent) => down(context, onEvent));
      if (context.format === 'json') context.json({ stopped });
      else context.note(stopped.length === 0 ? 'nothing was running' : `stopped ${stopped.join(', ')}`);
    });
};
