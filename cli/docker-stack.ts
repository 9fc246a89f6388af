import { findProjectRoot } from '../pipeline/load.ts';
import { dockerDown, dockerUp } from '../stack/docker/docker-stack.ts';
import type { CliContext } from './context.ts';
import { duration, table } from './format.ts';

/** `connect up --docker`: what `docker compose up --wait` says on stderr, then the summary of `connect up`. */
export async function upByDocker(
  context: CliContext,
  flags: { readonly fresh?: boolean; readonly output: 'text' | 'json' },
): Promise<void> {
  const began = Date.now();
  const parts = await dockerUp({
    root: findProjectRoot(context.cwd),
    env: context.env,
    fresh: flags.fresh ?? false,
    signal: context.signal,
    onOutput: (text) => void context.stderr.write(text),
    onNote: context.note,
  });
  if (flags.output === 'json') context.json({ parts });
  else {
    const rows = parts.map(({ name, state, health, port, container }) => [
      name,
      health === '' ? state : `${state}, ${health}`,
      port === undefined ? '' : `127.0.0.1:${port}`,
      container,
    ]);
    for (const line of table([['PART', 'STATE', 'ADDRESS', 'CONTAINER'], ...rows])) context.print(line);
  }
  context.note(
    parts.some((part) => part.startedByThisCall)
      ? `ready in ${duration(Date.now() - began)}; use it with \`-e docker\`, stop it with \`connect down --docker\``
      : 'everything was running already; use it with `-e docker`',
  );
}

/** `connect down --docker`: the containers go, the volumes stay. */
export async function downByDocker(context: CliContext, flags: { readonly output: 'text' | 'json' }): Promise<void> {
  const stopped = await dockerDown({
    root: findProjectRoot(context.cwd),
    env: context.env,
    signal: context.signal,
    onOutput: (text) => void context.stderr.write(text),
  });
  if (flags.output === 'json') context.json({ stopped });
  else context.note(stopped.length === 0 ? 'nothing was running' : `stopped ${stopped.join(', ')}`);
}
