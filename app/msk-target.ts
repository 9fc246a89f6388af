import { kafkaConnection } from '../connectors/kafka-connection.ts';
import type { MskApi } from '../connectors/msk/api.ts';
import type { MskWait } from '../connectors/msk/follow.ts';
import { createMskApi } from '../connectors/msk/sdk/connect-api.ts';
import { createMskTarget } from '../connectors/msk/target.ts';
import type { ConnectTarget } from '../connectors/targets/target.ts';
import { groupMembers } from '../connectors/wait/group-members.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { createScrub } from '../core/scrub.ts';
import { knownSecrets, type Secrets } from '../pipeline/connections.ts';
import type { MskConnect } from '../pipeline/msk-connect.ts';
import type { Environment } from '../pipeline/types.ts';

/** An environment whose sinks run on MSK Connect. */
export type MskEnvironment = Environment & { readonly connect: MskConnect };

export const isOnMsk = (environment: Environment): environment is MskEnvironment =>
  environment.connect.target === 'msk';

/** MSK Connect creates and updates in minutes; others wait up to 20 for each. */
export const MSK_TIMEOUT_MS = 1_800_000;

export const mskApi = (environment: MskEnvironment, secrets: Secrets): MskApi =>
  createMskApi({ ...environment.connect, secrets: knownSecrets(environment, secrets) });

/** MSK Connect for the commands that work on any cluster. */
export const mskTarget = (environment: MskEnvironment, secrets: Secrets, wait: Partial<MskWait> = {}): ConnectTarget =>
  createMskTarget({
    timeoutMs: MSK_TIMEOUT_MS,
    ...wait,
    api: mskApi(environment, secrets),
    shared: environment.connect.workerConfiguration,
    members: (connector) =>
      withAdmin(kafkaConnection(environment, secrets), 'perps-connect-operate', (admin) =>
        groupMembers(admin, { sink: { name: connector } }),
      ),
    traces: (connector) => mskTraces(environment, secrets, connector),
  });

/** Traces of failed tasks, where the workers' log goes to CloudWatch; that it cannot be read is no failure of the command. */
export async function mskTraces(environment: MskEnvironment, secrets: Secrets, connector: string): Promise<string[]> {
  const { logs, region, endpoints } = environment.connect;
  if (logs.cloudWatch === undefined) return [];
  const { taskTraces } = await import('../connectors/msk/sdk/worker-log.ts');
  const log = { region, endpoint: endpoints.logs, logGroup: logs.cloudWatch.logGroup };
  try {
    return await taskTraces(log, connector, createScrub(knownSecrets(environment, secrets)));
  } catch (error) {
    return [ConnectError.from(error).message];
  }
}
