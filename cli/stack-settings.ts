import { ConnectError } from '../core/errors.ts';
import { selectEnvironment } from '../pipeline/load.ts';
import type { EmbeddedStackSettings } from '../pipeline/types.ts';
import type { CliContext } from './context.ts';

/** Folder and ports of an environment's stack. Errors: USAGE when this package does not run the environment's parts. */
export async function stackSettings(
  context: CliContext,
  environmentName: string | undefined,
): Promise<{ readonly root: string; readonly ports: EmbeddedStackSettings['ports'] }> {
  const project = await context.loadProject();
  const { name, stack } = selectEnvironment(project, environmentName);
  if (stack === undefined) {
    const embedded = Object.values(project.environments).find((environment) => environment.stack !== undefined);
    throw new ConnectError('USAGE', `the parts of environment ${name} are not run by this package`, {
      hint:
        embedded === undefined
          ? 'an environment with `stack: { kind: embedded }` is'
          : `environment ${embedded.name} is: -e ${embedded.name}`,
    });
  }
  return { root: project.root, ports: stack.ports };
}
