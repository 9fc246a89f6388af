import { ConnectError } from '../core/errors.ts';
import { findProjectRoot } from '../pipeline/load.ts';
import { type ContainerStatus, type DockerOptions, dockerUp } from '../stack/docker/docker-stack.ts';
import { up as startParts } from '../stack/embedded-stack.ts';
import type { PartStatus, StackEvent, StackOptions } from '../stack/types.ts';
import type { Runtime, Session } from './session.ts';

export type { ContainerStatus, PartStatus, StackEvent };

/** How the local stack is started. */
export interface UpOptions {
  /** Delete the data and start from empty. */
  readonly fresh?: boolean | undefined;
  readonly onEvent?: ((event: StackEvent) => void) | undefined;
}

/**
 * Starts the parts of the local stack that do not run, and returns once all of them do their work. They live on when this process ends. Errors: USAGE for an
 * environment that has none, ENVIRONMENT for Java, ports, disk and a part that does not start, INTERRUPTED.
 */
export async function up(
  session: Session,
  { fresh = false, onEvent = () => {} }: UpOptions = {},
): Promise<readonly PartStatus[]> {
  const { env, signal } = session;
  return startParts({ ...localStack(session), env, signal, fresh, onEvent });
}

/** Starts the services of docker-compose.yml. */
export const upByDocker = (
  { cwd, env, signal }: Runtime,
  options: Pick<DockerOptions, 'onNote' | 'onOutput'> & { readonly fresh: boolean },
): Promise<readonly ContainerStatus[]> => dockerUp({ root: findProjectRoot(cwd, env), env, signal, ...options });

/** Folder and ports of an environment's stack. Errors: USAGE when this package does not run the environment's parts. */
function localStack({ project, environment }: Session): Pick<StackOptions, 'root' | 'ports'> {
  const { name, stack } = environment;
  if (stack !== undefined) return { root: project.root, ports: stack.ports };
  const embedded = Object.values(project.environments).find((one) => one.stack !== undefined);
  throw new ConnectError('USAGE', `this package does not run the parts of environment ${name}`, {
    hint:
      embedded === undefined
        ? 'it runs those of an environment with `stack: { kind: embedded }`'
        : `it runs those of environment ${embedded.name}: -e ${embedded.name}`,
  });
}
