import { Option } from '@commander-js/extra-typings';
import type { Register } from '../context.ts';
import { environmentCommand } from '../flags.ts';
import { duration } from '../format.ts';
import { containerLines, partLines, withStackProgress } from '../render/stack.ts';

/** `connect up`: starts what is not running and returns when all of it works. */
export const registerUp: Register = (program, context) => {
  environmentCommand(program, 'up')
    .description('start the local Kafka, Connect, registry and PostgreSQL; parts that run already are left alone')
    .option('--fresh', 'stop what runs, delete its data, and start from empty')
    .addOption(
      new Option('--docker', 'use docker compose instead, with environment docker (docs/docker.md)').conflicts('env'),
    )
    .action(async ({ docker, fresh = false, ...flags }) => {
      const { up, upByDocker } = await import('../../app/up.ts');
      const began = Date.now();
      if (docker) {
        const onOutput = (text: string) => void context.stderr.write(text);
        const parts = await upByDocker(context, { fresh, onOutput, onNote: context.note });
        context.show({ parts }, () => containerLines(parts));
        context.note(
          isStarted(parts)
            ? `ready in ${duration(Date.now() - began)}; use it with \`-e docker\`, stop it with \`connect down --docker\``
            : 'everything was running already; use it with `-e docker`',
        );
        return;
      }
      const session = await context.session(flags);
      const parts = await withStackProgress(context, (onEvent) => up(session, { fresh, onEvent }));
      context.show({ parts }, () => partLines(parts));
      context.note(
        isStarted(parts)
          ? `ready in ${duration(Date.now() - began)}; stop it with \`connect down\``
          : 'everything was running already',
      );
    });
};

const isStarted = (parts: readonly { readonly startedByThisCall: boolean }[]): boolean =>
  parts.some(({ startedByThisCall }) => startedByThisCall);
