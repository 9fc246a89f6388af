import type { ConnectTarget } from '../../connectors/targets/target.ts';
import { isAutoscaled } from '../../pipeline/msk-connect.ts';
import type { Environment } from '../../pipeline/types.ts';
import type { RunningConnector } from './connector.ts';

/** What the environment's cluster says of a connector. Errors: what the target throws. */
export async function observeConnector(
  target: ConnectTarget,
  { connect }: Pick<Environment, 'connect'>,
  name: string,
): Promise<RunningConnector> {
  // A service that runs the workers lists no plugins; the plan of a deploy compares the one it was given.
  const plugins = target.managed === true ? undefined : await target.plugins();
  return { config: await target.config(name), plugins, decidedThere: isAutoscaled(connect) ? ['tasks.max'] : [] };
}
