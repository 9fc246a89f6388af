import { findProjectRoot } from '../pipeline/load.ts';
import { type DockerOptions, dockerDown } from '../stack/docker/docker-stack.ts';
import { down as stopParts } from '../stack/embedded-stack.ts';
import type { StackEvent } from '../stack/types.ts';
import type { Runtime } from './session.ts';

/**
 * Stops the local stack and returns the names of the parts that ran. It does not read the definitions: a stack must be
 * stoppable while one of them is being edited. Errors: USAGE without a project, ENVIRONMENT for a part that does not stop.
 */
export const down = ({ cwd, env, signal }: Runtime, onEvent: (event: StackEvent) => void): Promise<readonly string[]> =>
  stopParts({ root: findProjectRoot(cwd, env), signal, onEvent });

/** Removes the containers of docker-compose.yml, keeps their volumes, and returns the names of the services that ran. */
export const downByDocker = (
  { cwd, env, signal }: Runtime,
  options: Pick<DockerOptions, 'onOutput'>,
): Promise<readonly string[]> => dockerDown({ root: findProjectRoot(cwd, env), env, signal, ...options });
