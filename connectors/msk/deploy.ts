import { ConnectError } from '../../core/errors.ts';
import type { MskConnect } from '../../pipeline/msk-connect.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { SettingLookup } from '../plan/compare-configs.ts';
import type { PlannedChange } from '../plan/plan.ts';
import type { MskApi, MskConnector, NewConnector, WorkerSettings } from './api.ts';
import { allChanges, compareMskSink, isHeldBack, type MskComparison } from './compare.ts';
import type { DesiredMskSink } from './desired.ts';
import {
  followOperation,
  hasSucceeded,
  type MskWait,
  operationError,
  waitUntilGone,
  waitUntilSteady,
} from './follow.ts';
import { expectedTasks, type HealthOptions, type TasksSeen, waitForTasks } from './health.ts';
import { observeMskSink } from './observe.ts';
import { ensurePlugin, ensureWorkerConfiguration, type WantedPlugin } from './resources.ts';
import { createAgain, removeAgain, restore } from './rollback.ts';
import { failedConnector, updateConnector } from './update.ts';

export type MskOutcome = 'created' | 'updated' | 'replaced' | 'unchanged';

export interface MskDeployOptions extends MskWait, Partial<Pick<HealthOptions, 'joinMs' | 'settleMs'>> {
  readonly api: MskApi;
  readonly connect: Pick<MskConnect, 'role' | 'tags'>;
  readonly stream: StreamDefinition;
  readonly desired: DesiredMskSink;
  readonly plugin: WantedPlugin;
  /** What is known of the settings; without it every difference in the text counts as a change. */
  readonly settings?: SettingLookup;
  readonly members: HealthOptions['members'];
  readonly traces?: HealthOptions['traces'];
  /** Whether a change that needs another connector may delete and create it. Default false. */
  readonly replace?: boolean;
  /** Whether what was changed and does not run is put back. Default true. */
  readonly rollback?: boolean;
}

export interface MskDeployResult {
  readonly connector: string;
  readonly outcome: MskOutcome;
  readonly changes: readonly PlannedChange[];
  readonly tasks: TasksSeen;
  readonly durationMs: number;
}

/** Workers boot, join their group and load the plugin before a task can start. */
const JOIN_MS = 120_000;
const SETTLE_MS = 6_000;
const HEALTH_POLL_MS = 1_000;

/**
 * Brings a sink on MSK Connect to what the files say: plugin and worker configuration first, then one update for each group
 * that differs, each followed to its operation's end and compared with what is live. Tasks are seen in the consumer group.
 * Errors: REFUSED, TIMEOUT, what the service throws; DEPLOY_FAILED when it runs as before again, by the service's own
 * rollback or by ours; ROLLBACK_FAILED when it does not.
 */
export async function deployMskSink(options: MskDeployOptions): Promise<MskDeployResult> {
  const startedAt = Date.now();
  const { api, desired } = options;
  const live = await waitUntilSteady(api, desired.name, options);
  const done = live === undefined ? await createSink(options) : await changeSink(options, live);
  return { connector: desired.name, ...done, durationMs: Date.now() - startedAt };
}

type Deployed = Omit<MskDeployResult, 'connector' | 'durationMs'>;

async function createSink(options: MskDeployOptions): Promise<Deployed> {
  const wanted = await newConnector(options);
  const made = await create(options, wanted);
  try {
    return { outcome: 'created', changes: [], tasks: await watchAndHold(options, running(made)) };
  } catch (error) {
    throw await removeAgain(options, made.name, error);
  }
}

async function changeSink(options: MskDeployOptions, live: MskConnector): Promise<Deployed> {
  const { api, desired, plugin, settings = () => undefined } = options;
  const observed = await observeMskSink(api, live);
  const comparison = compareMskSink(desired, plugin.name, observed, settings);
  const changes = allChanges(comparison);
  if (isHeldBack(live, desired, comparison)) throw heldBack(live.name);
  if (live.state === 'PAUSED' && desired.state === 'running') {
    await order(options, () => api.resume(live));
    const resumed = (await waitUntilSteady(api, live.name, options)) ?? live;
    return { ...(await changeSink(options, resumed)), outcome: 'updated', changes };
  }
  if (live.state === 'FAILED' || comparison.replacing.length > 0) {
    if (options.replace !== true) throw needsReplace(live, comparison);
    return replaceSink(options, live, changes);
  }
  if (changes.length === 0) {
    const tasks = live.state === 'PAUSED' ? heldTasks(live) : await revive(options, live);
    return { outcome: 'unchanged', changes, tasks };
  }
  try {
    const updated = await applyGroups(options, live, comparison);
    return { outcome: 'updated', changes, tasks: await watchAndHold(options, updated) };
  } catch (error) {
    throw await restore(options, live, error);
  }
}

/** Worker settings first: a configuration may need the new plugin or the larger polls. */
async function applyGroups(
  options: MskDeployOptions,
  live: MskConnector,
  wanted: MskComparison,
): Promise<MskConnector> {
  const { api, desired, connect } = options;
  let connector = live;
  const settings: WorkerSettings = {
    ...(wanted.capacity.length === 0 ? {} : { capacity: desired.capacity }),
    ...(wanted.plugin.length === 0 ? {} : { plugin: await ensurePlugin(options.plugin, options) }),
    ...(wanted.workerConfiguration.length === 0
      ? {}
      : { workerConfiguration: await ensureWorkerConfiguration(desired.workerConfiguration, options) }),
  };
  if (Object.keys(settings).length > 0)
    connector = await updateConnector(api, connector, { kind: 'worker settings', ...settings }, options);
  if (wanted.config.length > 0)
    connector = await updateConnector(api, connector, { kind: 'configuration', config: desired.config }, options);
  if (wanted.tags.length > 0) await api.tag(connector.arn, connect.tags);
  return connector;
}

async function replaceSink(
  options: MskDeployOptions,
  live: MskConnector,
  changes: readonly PlannedChange[],
): Promise<Deployed> {
  const { api } = options;
  // Everything the new one needs is there before the old one goes.
  const wanted = await newConnector(options);
  await api.remove(live);
  await waitUntilGone(api, live.name, options);
  try {
    const made = await create(options, wanted);
    return { outcome: 'replaced', changes, tasks: await watchAndHold(options, running(made)) };
  } catch (error) {
    throw await createAgain(options, live, error);
  }
}

async function newConnector(options: MskDeployOptions): Promise<NewConnector> {
  const { desired } = options;
  const plugin = await ensurePlugin(options.plugin, options);
  const workerConfiguration = await ensureWorkerConfiguration(desired.workerConfiguration, options);
  const { name, config, capacity, fixed, tags } = desired;
  return { name, config, capacity, plugin, workerConfiguration, fixed, tags };
}

/** Creates it and waits until it is steady. One of that name that is as wanted is ours: the answer to a first try was lost. */
async function create(options: MskDeployOptions, wanted: NewConnector): Promise<MskConnector> {
  const { api, desired, plugin, settings = () => undefined } = options;
  const refusal = await api.create(wanted).then(
    () => undefined,
    (error: unknown) => error,
  );
  const made = await waitUntilSteady(api, wanted.name, options);
  if (refusal === undefined && made !== undefined) return made;
  if (made === undefined) throw refusal ?? new ConnectError('NOT_FOUND', `${wanted.name} was deleted meanwhile`);
  const changes = allChanges(compareMskSink(desired, plugin.name, await observeMskSink(api, made), settings));
  if (changes.length === 0) return made;
  const keys = changes.map(({ key }) => key).join(', ');
  throw new ConnectError('REFUSED', `another ${wanted.name} was created on ${api.label} at the same time: ${keys}`, {
    cause: refusal,
    details: { connector: wanted.name, keys: changes.map(({ key }) => key) },
    hint: '`connect plan` shows how it stands now',
  });
}

function running(connector: MskConnector): MskConnector {
  if (connector.state === 'RUNNING') return connector;
  throw failedConnector(connector);
}

/** Runs first, also where it is declared paused: only so it is known to run under its configuration. */
async function watchAndHold(options: MskDeployOptions, connector: MskConnector): Promise<TasksSeen> {
  const tasks = await watch(options, connector);
  if (options.desired.state === 'paused') await order(options, () => options.api.pause(connector));
  return tasks;
}

const heldTasks = (connector: MskConnector): TasksSeen => ({ seen: undefined, expected: expectedTasks(connector) });

/** Pauses, resumes or restarts, and waits until that is done. */
async function order(options: MskDeployOptions, give: () => Promise<string>): Promise<void> {
  const { api, desired } = options;
  const operation = await followOperation(api, { name: desired.name, operationArn: await give() }, options);
  if (!hasSucceeded(operation)) throw operationError(desired.name, operation);
}

const watch = (options: MskDeployOptions, connector: MskConnector): Promise<TasksSeen> =>
  waitForTasks(healthOptions(options, connector));

function healthOptions(options: MskDeployOptions, connector: MskConnector): HealthOptions {
  const { joinMs = JOIN_MS, settleMs = SETTLE_MS, stream, members, signal } = options;
  return {
    stream,
    connector,
    members,
    traces: options.traces ?? (async () => []),
    joinMs,
    settleMs,
    pollMs: Math.min(options.pollMs ?? HEALTH_POLL_MS, HEALTH_POLL_MS),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Nothing differs, but tasks that have failed are started again once. */
async function revive(options: MskDeployOptions, live: MskConnector): Promise<TasksSeen> {
  const { api } = options;
  try {
    return await waitForTasks({ ...healthOptions(options, live), joinMs: 0, settleMs: 0 });
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'REFUSED') throw error;
    options.onEvent?.({ kind: 'note', text: `${error.message.split('\n')[0]}; restarting what failed` });
    await order(options, () => api.restart(live, { onlyFailed: true }));
    return watch(options, live);
  }
}

function needsReplace(live: MskConnector, { replacing }: MskComparison): ConnectError {
  const keys = replacing.map(({ key }) => key);
  const why =
    keys.length > 0 ? `${keys.join(', ')} cannot be changed in place` : 'a FAILED connector cannot be changed';
  return new ConnectError('REFUSED', `${live.name} has to be deleted and created again: ${why}; nothing was changed`, {
    details: { connector: live.name, state: live.state, keys },
    hint: 'offsets stay, so it goes on where it stopped; `connect deploy --replace` does it, `connect plan` shows what changes',
  });
}

const heldBack = (name: string): ConnectError =>
  new ConnectError('REFUSED', `${name} is PAUSED: someone holds it back on purpose, so nothing was changed`, {
    details: { connector: name, state: 'PAUSED' },
    hint: 'run `connect resume` first',
  });
