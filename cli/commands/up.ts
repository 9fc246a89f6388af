import { type Command, Option } from 'commander';
import type { CliContext } from '../context.ts';
import { type EnvironmentFlags, withEnvironmentFlags } from '../flags.ts';
import { duration, table } from '../format.ts';
import { createStackProgress } from '../stack-progress.ts';

interface UpFlags extends EnvironmentFlags {
  readonly fresh?: boolean;
  readonly docker?: boolean;
}

/** `connect up`: starts what is not running and returns when all of it works. */
export function registerUp(program: Command, context: CliContext): void {
  withEnvironmentFlags(
    program
      .command('up')
      .description('start the local Kafka, Connect, registry and PostgreSQL; what runs already is left alone'),
  )
    .option('--fresh', 'stop what runs, delete its data, and start from empty')
    .addOption(
      new Option('--docker', 'run them by docker compose instead: environment docker (docs/docker.md)').conflicts(
        'env',
      ),
    )
    .action(async (flags: UpFlags) => {
      if (flags.docker) {
        const { upByDocker } = await import('../docker-stack.ts');
        await upByDocker(context, flags);
        return;
      }
      const [{ up }, { stackSettings }] = await Promise.all([
        import('../../stack/embedded-stack.ts'),
        import('../stack-settings.ts'),
      ]);
      const { root, ports } = await stackSettings(context, flags.env);
      const began = Date.now();
      const progress = await createStackProgress(context);
      try {
        const { parts } = await up({
          root,
          ports,
          env: context.env,
          fresh: flags.fresh ?? false,
          signal: context.signal,
          onEvent: progress.onEvent,
        });
        if (flags.output === 'json') context.json({ parts });
        else {
          const rows = parts.map(({ name, state, port, pid }) => [name, state, `127.0.0.1:${port}`, String(pid ?? '')]);
          for (const line of table([['PART', 'STATE', 'ADDRESS', 'PID'], ...rows])) context.print(line);
        }
        const started = parts.some((part) => part.startedByThisCall);
        context.note(
          started
            ? `ready in ${duration(Date.now() - began)}; stop it with \`connect down\``
            : 'everything was running already',
        );
      } finally {
        progress.close();
      }
    });
}
