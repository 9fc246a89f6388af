import { ConnectError } from '../../core/errors.ts';
import type { MskConnect } from '../../pipeline/msk-connect.ts';
import { workerPropertyOf } from '../../pipeline/msk-worker-properties.ts';
import type { SinkConfig } from '../render/render-sink.ts';
import type { ConnectorStatus, ConnectTarget, RunState, TaskStatus } from '../targets/target.ts';
import type { MskApi, MskConnector, MskState } from './api.ts';
import { followOperation, hasSucceeded, type MskWait, operationError, waitUntilSteady } from './follow.ts';
import { expectedTasks } from './health.ts';
import { parseProperties } from './properties.ts';

export interface MskTargetOptions extends MskWait {
  readonly api: MskApi;
  /** Worker properties of the whole environment: no connector's own settings. */
  readonly shared?: MskConnect['workerConfiguration'];
  /** Members of a sink's consumer group: the tasks that are at work. Undefined when Kafka does not say. */
  readonly members: (connector: string) => Promise<ReadonlySet<string> | undefined>;
  /** Stack traces of a connector's failed tasks from the workers' log, the newest first. */
  readonly traces: (connector: string) => Promise<readonly string[]>;
}

/** What MSK Connect calls something that a worker has another word for. */
const STATES: Readonly<Record<MskState, RunState>> = {
  RUNNING: 'RUNNING',
  FAILED: 'FAILED',
  PAUSED: 'PAUSED',
  RESTARTING: 'RESTARTING',
  CREATING: 'UNASSIGNED',
  UPDATING: 'UNASSIGNED',
  DELETING: 'UNASSIGNED',
  PAUSING: 'UNASSIGNED',
  RESUMING: 'UNASSIGNED',
};

/** Shorter than anything that MSK Connect does takes. */
const ANSWERS_LAST_MS = 2_000;

/**
 * MSK Connect as a Connect cluster, as far as it goes: commands that only look, and those that pause, resume, restart and
 * delete, each followed to its operation's end. The service lists no tasks, so those that are in the consumer group are shown.
 * Configurations are in the words of a worker: client settings, which MSK Connect wants in the worker configuration, stand
 * as the connector's overrides, so that one definition compares with both targets.
 */
export function createMskTarget(options: MskTargetOptions): ConnectTarget {
  const { api, members, traces, shared = {}, pollMs = ANSWERS_LAST_MS } = options;
  const find = remembering((name) => api.find(name), pollMs);

  const deployed = async (name: string): Promise<MskConnector> => {
    const connector = await api.find(name);
    if (connector !== undefined) return connector;
    throw new ConnectError('NOT_FOUND', `${name} is not on ${api.label}`, { details: { connector: name } });
  };

  const operate = async (name: string, order: (connector: MskConnector) => Promise<string>): Promise<void> => {
    find.forget();
    await waitUntilSteady(api, name, options);
    const operationArn = await order(await deployed(name));
    const operation = await followOperation(api, { name, operationArn }, options);
    find.forget();
    if (!hasSucceeded(operation)) throw operationError(name, operation);
  };

  const tasksOf = async (connector: MskConnector): Promise<readonly TaskStatus[]> => {
    const seen = (await members(connector.name))?.size;
    const expected = expectedTasks(connector) ?? Math.max(1, seen ?? 1);
    if (connector.state === 'PAUSED') return numbered(expected, () => 'PAUSED');
    const known = await (seen !== undefined && seen < expected ? traces(connector.name) : []);
    return numbered(expected, (id) => (seen === undefined || id >= seen ? 'UNASSIGNED' : 'RUNNING')).map((task) => {
      const trace = task.state === 'UNASSIGNED' ? known[task.id - (seen ?? 0)] : undefined;
      return trace === undefined ? task : { ...task, state: 'FAILED', trace };
    });
  };

  const config = async (name: string): Promise<SinkConfig | undefined> => {
    const connector = await find.get(name);
    if (connector === undefined) return undefined;
    const { workerConfiguration, config: own } = connector;
    const text = workerConfiguration && (await api.workerConfiguration(workerConfiguration.arn))?.text;
    const tasks = 'autoscaled' in connector.capacity ? String((await tasksOf(connector)).length) : own['tasks.max'];
    const { 'config.action.reload': reload, ...rest } = own;
    return {
      name,
      ...rest,
      ...(reload === undefined || reload === 'none' ? {} : { 'config.action.reload': reload }),
      ...(tasks === undefined ? {} : { 'tasks.max': tasks }),
      ...overridesOf(parseProperties(text ?? ''), shared),
    };
  };

  return {
    label: api.label,
    managed: true,
    worker: async () => cannot('say which version its workers are', 'connect.version of the environment is it'),
    list: () => api.list(),
    async info(name) {
      const own = await config(name);
      return own === undefined ? undefined : { name, type: 'sink', config: own, taskIds: [] };
    },
    config,
    putConfig: async () => cannot('take a configuration alone', '`connect deploy` deploys'),
    createHeld: async () => cannot('create a connector that is held back', 'deploy it, then `connect pause`'),
    validate: async () => cannot('validate a configuration', '`connect deploy --preflight` does, on a worker here'),
    async status(name) {
      const connector = await find.get(name);
      return connector === undefined ? undefined : toStatus(connector, await tasksOf(connector));
    },
    async tasks(name) {
      const own = (await config(name)) ?? {};
      return numbered(Number(own['tasks.max']), () => 'RUNNING').map(({ id }) => ({ id, config: own }));
    },
    restart: (name, { onlyFailed }) => operate(name, (connector) => api.restart(connector, { onlyFailed })),
    restartTask: async () => cannot('restart one task', '`connect restart --failed` restarts those that have failed'),
    pause: (name) => operate(name, (connector) => api.pause(connector)),
    resume: (name) => operate(name, (connector) => api.resume(connector)),
    stop: async () =>
      cannot(
        'stop a connector',
        '`connect pause` holds it back; to move offsets, `connect delete`, then `connect deploy --from earliest`',
      ),
    async remove(name) {
      find.forget();
      const connector = await waitUntilSteady(api, name, options);
      await api.remove(connector ?? (await deployed(name)));
      find.forget();
    },
    offsets: async () => cannot('show offsets', '`connect offsets get` reads them from Kafka'),
    setOffsets: async () => cannot('set offsets', '`connect delete`, then `connect deploy --from earliest`'),
    resetOffsets: async () => cannot('reset offsets', '`connect delete --offsets` deletes them in Kafka'),
    topics: async () => cannot('list topics', 'topics of the configuration is it'),
    plugins: async () => cannot('list what its plugins hold', '`connect plugin build` lists what it packs'),
    pluginSettings: async () =>
      cannot('list the settings of a plugin', '`connect render --explain` lists those that are set'),
  };

  function cannot(what: string, hint: string): never {
    throw new ConnectError('REFUSED', `${api.label} cannot ${what}: the service has no such call`, { hint });
  }
}

const numbered = (count: number, state: (id: number) => RunState): TaskStatus[] =>
  Array.from({ length: count }, (_, id) => ({ id, state: state(id), worker: 'MSK Connect' }));

function toStatus({ name, state, reason }: MskConnector, tasks: readonly TaskStatus[]): ConnectorStatus {
  const trace = reason === undefined ? 'the service does not say why' : `${reason.code}: ${reason.message}`;
  return { name, state: STATES[state], worker: 'MSK Connect', ...(state === 'FAILED' ? { trace } : {}), tasks };
}

/** Worker properties of clients as the connector settings that do the same, without those that the environment gives to all. */
const overridesOf = (
  properties: Readonly<Record<string, string>>,
  shared: NonNullable<MskTargetOptions['shared']>,
): SinkConfig =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([key, value]) => {
      if (Object.hasOwn(shared, key) && String(shared[key]) === value) return [];
      const setting = key.replace(/^(consumer|producer)\./, '$1.override.');
      return workerPropertyOf(setting) === key ? [[setting, value]] : [];
    }),
  );

/** Whoever polls a worker five times a second must not do that to the service: it throttles. */
function remembering(find: (name: string) => Promise<MskConnector | undefined>, forMs: number) {
  const known = new Map<string, { at: number; answer: Promise<MskConnector | undefined> }>();
  return {
    get(name: string): Promise<MskConnector | undefined> {
      const entry = known.get(name);
      if (entry !== undefined && Date.now() - entry.at < forMs) return entry.answer;
      const answer = find(name);
      known.set(name, { at: Date.now(), answer });
      answer.catch(() => known.delete(name));
      return answer;
    },
    forget: () => known.clear(),
  };
}
