import { join } from 'node:path';
import type { SinkHost } from '../connectors/host.ts';
import type { MskEnvironment } from '../connectors/msk/iam/policy.ts';
import type { CallBounds } from '../connectors/msk/sdk/client.ts';
import type { MskApi } from '../connectors/msk/sdk/connect-api.ts';
import type { StoppedSinks } from '../connectors/msk/stopped-sinks.ts';
import type { DesiredSink, SinkConfig } from '../connectors/sink-config.ts';
import type { SinkGroups } from '../connectors/sink-group.ts';
import { ConnectError } from '../core/errors.ts';
import type { Scrub } from '../core/scrub.ts';
import { httpConnection, knownSecrets, type Secrets } from '../pipeline/connections.ts';
import { type MskConnect, WORKER_JAVA } from '../pipeline/msk-connect.ts';
import type { Environment, Project, RestConnect } from '../pipeline/types.ts';

/** What a host is made from. */
interface Surroundings {
  readonly project: Project;
  readonly environment: Environment;
  readonly secrets: Secrets;
  readonly groups: SinkGroups;
  readonly stopped: StoppedSinks;
  readonly scrub: Scrub;
  readonly callBounds: CallBounds;
}

/** No worker takes longer for an answer. */
const REST_CALL_MS = 30_000;

/** The host that an environment names. The one place that tells the kinds of hosts apart; what it answers holds no secret of the environment. */
export async function chooseHost(around: Surroundings): Promise<SinkHost> {
  const { connect } = around.environment;
  return connect.target === 'msk' ? mskHost(around, connect) : restHost(around, connect);
}

/** An environment on MSK Connect, for what only AWS has. Errors: USAGE for any other. */
export function requireMsk(environment: Environment): MskEnvironment {
  const { name, connect } = environment;
  if (connect.target === 'msk') return { ...environment, connect };
  throw new ConnectError('USAGE', `environment ${name} is not on MSK Connect, and this is about AWS`, {
    hint: 'choose one with `connect: { target: msk, … }` by -e',
  });
}

/** Whether a command sets a sink's offsets in Kafka itself. Otherwise it asks the worker to. */
export const commandsSetOffsets = ({ connect }: Environment): boolean => connect.target === 'msk';

/** What workers get that load one plugin and nothing else. */
export interface PluginWorker {
  readonly config: SinkConfig;
  /** Java properties of the worker. */
  readonly properties: Readonly<Record<string, string>>;
  readonly java: number;
  /** The plugin is a ZIP of this machine; otherwise it is named by its ARN, and nobody can look into it. */
  readonly isBuiltHere: boolean;
}

/** The workers of a sink, as the files say. Undefined for a Connect cluster: its workers may have any plugins. */
export async function pluginWorker({ connect }: Environment, desired: DesiredSink): Promise<PluginWorker | undefined> {
  if (connect.target !== 'msk') return undefined;
  const { desiredMskSink } = await import('../connectors/msk/desired.ts');
  const { config, workerConfiguration } = desiredMskSink(desired, connect, []);
  const { properties } = workerConfiguration;
  return { config, properties, java: WORKER_JAVA[connect.version], isBuiltHere: 'bucket' in connect.plugin };
}

async function restHost(
  { environment, secrets, groups, callBounds }: Surroundings,
  connect: RestConnect,
): Promise<SinkHost> {
  const [{ createRestApi }, { createRestHost }] = await Promise.all([
    import('../connectors/rest/api.ts'),
    import('../connectors/rest/host.ts'),
  ]);
  const hidden = knownSecrets(environment, secrets);
  const timeoutMs = Math.min(callBounds.timeoutMs ?? REST_CALL_MS, REST_CALL_MS);
  return createRestHost(createRestApi({ ...httpConnection(connect, secrets), secrets: hidden, timeoutMs }), groups);
}

async function mskHost(
  { environment, groups, stopped, scrub, project, secrets, callBounds }: Surroundings,
  connect: MskConnect,
): Promise<SinkHost> {
  const [{ createMskHost }, { cloudWatchLog }] = await Promise.all([
    import('../connectors/msk/host.ts'),
    import('../connectors/msk/sdk/worker-log.ts'),
  ]);
  return createMskHost({
    api: await mskApi({ environment, secrets, callBounds }),
    connect,
    pluginFile: pluginFile(project.root, environment.name),
    buildCommand: `connect plugin build -e ${environment.name}`,
    groups,
    stopped,
    workerLog: cloudWatchLog(connect, scrub, callBounds),
    scrub,
  });
}

/** MSK Connect itself, for what is about no sink. Errors: USAGE for an environment that is not on it. */
export async function mskApi({
  environment,
  secrets,
  callBounds,
}: Pick<Surroundings, 'environment' | 'secrets' | 'callBounds'>): Promise<MskApi> {
  const { connect } = requireMsk(environment);
  const { createMskApi } = await import('../connectors/msk/sdk/connect-api.ts');
  return createMskApi({ ...connect, secrets: knownSecrets(environment, secrets), bounds: callBounds });
}

/** Where `connect plugin build` writes the plugin of an environment. */
export const pluginFile = (root: string, environment: string): string =>
  join(root, '.connect', `plugin-${environment}.zip`);
