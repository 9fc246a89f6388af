import { parseProperties } from '../../core/properties.ts';
import type { MskConnect } from '../../pipeline/msk-connect.ts';
import { workerPropertyOf } from '../../pipeline/msk-worker-properties.ts';
import type { ObservedSink, ObservedTask, RunState, SinkConfig } from '../sink-config.ts';
import type { GroupMembers } from '../sink-group.ts';
import type { MskConnector, MskState, WorkerLog, WorkerTrace } from './api.ts';
import { decidedByMsk, type ObservedMskSink } from './compare.ts';
import { reasonText } from './follow.ts';
import type { MskApi } from './sdk/connect-api.ts';

/** A connector's plugin, worker configuration and tags beside it. */
export async function observeMskSink(api: MskApi, connector: MskConnector): Promise<ObservedMskSink> {
  const { plugin, workerConfiguration } = connector;
  const [pluginName, configuration, tags] = await Promise.all([
    plugin === undefined ? undefined : api.pluginName(plugin.arn),
    workerConfiguration === undefined ? undefined : api.workerConfiguration(workerConfiguration.arn),
    api.tags(connector.arn),
  ]);
  return { connector, pluginName, workerConfiguration: configuration, tags };
}

/** A worker has no word for the states on the way to another. */
const isKnownState = (state: MskState): state is MskState & RunState =>
  state === 'RUNNING' || state === 'FAILED' || state === 'PAUSED' || state === 'RESTARTING';

const runState = (state: MskState): RunState => (isKnownState(state) ? state : 'UNASSIGNED');

const WORKER = 'MSK Connect';

/** What is known of a connector besides. */
interface Known {
  /** What its workers have logged of failures since its last operation. */
  readonly log?: WorkerLog;
  /** Its worker configuration. */
  readonly workerText?: string | undefined;
  /** Worker properties that the environment gives to all. */
  readonly shared?: MskConnect['workerConfiguration'];
}

/** Tasks that there are when all run; undefined: autoscaled capacity decides. */
export const expectedTasks = ({ config, capacity }: Pick<MskConnector, 'config' | 'capacity'>): number | undefined =>
  'autoscaled' in capacity ? undefined : Number(config['tasks.max'] ?? '1');

/**
 * A connector in the words of a worker. The service lists no tasks, and a RUNNING connector may have failed ones; but each task
 * that is at work is a member of the sink's group, and one that fails leaves it. Client settings, which MSK Connect wants in the
 * worker configuration, stand as the connector's overrides, so that one definition compares with every host.
 */
export function toObservedSink(
  connector: MskConnector,
  members: GroupMembers,
  { log: { traces, note } = { traces: [] }, workerText = '', shared = {} }: Known = {},
): ObservedSink {
  const { name, state, reason, config: own } = connector;
  const shown = toTasks(connector, members, traces);
  const ownTrace = traces.find(({ task }) => task === undefined)?.text;
  const decidedByHost = decidedByMsk(connector);
  const { 'config.action.reload': reload, ...rest } = own;
  return {
    name,
    config: {
      name,
      ...rest,
      ...(reload === undefined || reload === 'none' ? {} : { 'config.action.reload': reload }),
      ...(decidedByHost.length === 0 ? {} : { 'tasks.max': String(shown.length) }),
      ...overridesOf(parseProperties(workerText), shared),
    },
    state: runState(state),
    worker: WORKER,
    trace: state === 'FAILED' ? (ownTrace ?? reasonText(reason)) : undefined,
    tasks: shown,
    expectedTasks: shown.length,
    decidedByHost,
    notes: [
      ...(isKnownState(state) ? [] : [`${WORKER} says that it is ${state}`]),
      ...(note === undefined ? [] : [note]),
    ],
  };
}

/** Whether a look needs no log: everything runs, or is held back. */
export const isWhole = ({ state, tasks }: ObservedSink): boolean =>
  state === 'PAUSED' || (state !== 'FAILED' && tasks.every((task) => task.state === 'RUNNING'));

/**
 * The tasks that the group shows, and those that are missing from it: one that is missing has FAILED if the workers have logged
 * that, else it may be on its way.
 */
function toTasks(connector: MskConnector, members: GroupMembers, traces: readonly WorkerTrace[]): ObservedTask[] {
  const numbers = taskNumbers(connector.name, members);
  const seen = members?.size ?? 0;
  const expected = expectedTasks(connector) ?? Math.max(1, seen, ...[...(numbers ?? [])].map((number) => number + 1));
  const tasks = Array.from({ length: expected }, (_, id) => ({ id, worker: WORKER }));
  if (connector.state === 'PAUSED') return tasks.map((task) => ({ ...task, state: 'PAUSED' }));
  const missing = numbers === undefined ? Math.max(0, expected - seen) : expected;
  const failed = new Map(
    traces
      .flatMap(({ task, text }) => (task !== undefined && task < expected ? [[task, text] as const] : []))
      .slice(0, missing),
  );
  // Members without a number are the tasks of which no failure is known, in their order.
  let unnamed = seen;
  const runs = (id: number): boolean => {
    if (numbers !== undefined) return numbers.has(id);
    if (unnamed === 0 || failed.has(id)) return false;
    unnamed -= 1;
    return true;
  };
  return tasks.map((task): ObservedTask => {
    if (runs(task.id)) return { ...task, state: 'RUNNING' };
    const trace = members === undefined ? undefined : failed.get(task.id);
    return trace === undefined ? { ...task, state: 'UNASSIGNED', absent: true } : { ...task, state: 'FAILED', trace };
  });
}

/** Numbers of the tasks that are members; undefined unless every member tells its own. Connect names a task's consumer after it. */
function taskNumbers(connector: string, members: GroupMembers): ReadonlySet<number> | undefined {
  const prefix = `connector-consumer-${connector}-`;
  const numbers = [...(members ?? [])].map((member) =>
    member.startsWith(prefix) ? Number.parseInt(member.slice(prefix.length), 10) : Number.NaN,
  );
  return numbers.some(Number.isNaN) ? undefined : new Set(numbers);
}

/** Worker properties of clients as the connector settings that do the same, without those that the environment gives to all. */
const overridesOf = (
  properties: Readonly<Record<string, string>>,
  shared: MskConnect['workerConfiguration'],
): SinkConfig =>
  Object.fromEntries(
    Object.entries(properties).flatMap(([key, value]) => {
      if (Object.hasOwn(shared, key) && String(shared[key]) === value) return [];
      const setting = key.replace(/^(consumer|producer)\./, '$1.override.');
      return workerPropertyOf(setting) === key ? [[setting, value]] : [];
    }),
  );
