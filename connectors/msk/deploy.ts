import { ConnectError } from '../../core/errors.ts';
import type { StartOffset } from '../plan/start-plan.ts';
import type { ReachedSink } from '../wait/wait-until-running.ts';
import type { MskConnector, NewConnector, WorkerSettings } from './api.ts';
import { allChanges, compareMskSink, type MskComparison, type ObservedMskSink, restartsTasks } from './compare.ts';
import type { MskDeployment } from './deployment.ts';
import { withLoggedCauses } from './failures.ts';
import { note, removeConnector, runOperation, waitUntilGone, waitUntilSteady } from './follow.ts';
import { expectedTasks, observeMskSink, toObservedSink } from './observe.ts';
import { putBackOffsets, setOffsets, waitUntilEmpty } from './offsets.ts';
import { ensurePlugin, ensureWorkerConfiguration } from './resources.ts';
import { createAgain, removeAgain, restore } from './rollback.ts';
import { failedConnector, updateConnector, updateSettings } from './update.ts';
import { waitForTasks } from './wait-for-tasks.ts';

/**
 * Creates a sink: its offsets are set first, while its group has no members. Errors: REFUSED, TIMEOUT, what the service throws;
 * DEPLOY_FAILED when it was removed again and its offsets are as before, ROLLBACK_FAILED when that failed too.
 */
export async function createSink(deployment: MskDeployment, start: readonly StartOffset[]): Promise<ReachedSink> {
  const wanted = await newConnector(deployment);
  const begin = async (): Promise<MskConnector> => {
    const { groups, evidence, wait } = deployment;
    await waitUntilEmpty(evidence, wait);
    if (start.length > 0)
      await setOffsets({ groups, stream: evidence.stream }, new Map(start.map(({ partition, to }) => [partition, to])));
    return create(deployment, wanted);
  };
  const made = await begin().catch(async (error: unknown) => {
    await putBackOffsets(deployment, start);
    throw error;
  });
  try {
    return { sink: await waitForTasks(running(made), deployment.evidence, deployment.wait), restarts: 0 };
  } catch (error) {
    throw await removeAgain(deployment, start, await withLoggedCauses(error, deployment.evidence));
  }
}

/** Deletes a connector and creates it anew under its name; its offsets stay. Errors: as `createSink`. */
export async function replaceSink(deployment: MskDeployment, live: ObservedMskSink): Promise<ReachedSink> {
  const { api, evidence, wait } = deployment;
  // Everything the new one needs is there before the old one goes.
  const wanted = await newConnector(deployment);
  await removeConnector(api, live.connector, wait);
  await waitUntilGone(api, live.connector.name, wait);
  try {
    await waitUntilEmpty(evidence, wait);
    return { sink: await waitForTasks(running(await create(deployment, wanted)), evidence, wait), restarts: 0 };
  } catch (error) {
    throw await createAgain(deployment, live, await withLoggedCauses(error, deployment.evidence));
  }
}

/**
 * Changes a sink in place: one update for each group that differs, each followed to its operation's end and compared with what
 * is live. One that has to be paused is held back first; one that has to run again gets its configuration first.
 * Errors: as `createSink`; DEPLOY_FAILED as well when the service went back by itself.
 */
export async function updateSink(deployment: MskDeployment, observed: ObservedMskSink): Promise<ReachedSink> {
  const { api, desired, plugin, evidence, wait } = deployment;
  const before = observed.connector;
  const { name } = before;
  const old = await evidence.members();
  const comparison = compareMskSink(desired, plugin.name, observed);
  const steady = async (): Promise<MskConnector> => {
    const now = await waitUntilSteady(api, name, wait);
    if (now === undefined) throw new ConnectError('NOT_FOUND', `${name} was deleted meanwhile`);
    return now;
  };
  try {
    let connector = before;
    if (desired.state === 'paused' && connector.state === 'RUNNING') {
      await runOperation(api, before, 'PAUSE_CONNECTOR', (service) => service.pause(before), wait);
      connector = await steady();
    }
    connector = await applyGroups(deployment, connector, comparison);
    if (desired.state === 'running' && connector.state === 'PAUSED') {
      await runOperation(api, before, 'RESUME_CONNECTOR', (service) => service.resume(before), wait);
      connector = await steady();
    }
    if (connector.state === 'PAUSED') return { sink: toObservedSink(connector, undefined), restarts: 0 };
    const sink = await waitForTasks(connector, evidence, wait, restartsTasks(comparison) ? old : undefined);
    return { sink, restarts: 0 };
  } catch (error) {
    throw await restore(deployment, { connector: before, members: old }, await withLoggedCauses(error, evidence));
  }
}

/** Nothing differs, but tasks that have failed are started again once. */
export async function keepSink(deployment: MskDeployment, live: MskConnector): Promise<ReachedSink> {
  const { api, evidence, wait } = deployment;
  const members = await evidence.members();
  const expected = expectedTasks(live) ?? 1;
  if (live.state === 'PAUSED' || members === undefined || members.size >= expected) {
    return { sink: toObservedSink(live, members), restarts: 0 };
  }
  note(wait, `has ${members.size} of ${expected} tasks in its group; restarting what failed`);
  const restart = { onlyFailed: true };
  await runOperation(api, live, 'RESTART_CONNECTOR', (service) => service.restart(live, restart), wait);
  return { sink: await waitForTasks(live, evidence, wait), restarts: 1 };
}

/** Tags first, because a refusal of them must not undo an update that runs. Then worker settings: a configuration may need the new plugin or the larger polls. */
async function applyGroups(
  deployment: MskDeployment,
  live: MskConnector,
  wanted: MskComparison,
): Promise<MskConnector> {
  const { api, desired, connect, wait } = deployment;
  if (wanted.tags.length > 0) await api.tag(live.arn, connect.tags);
  const settings: WorkerSettings = {
    capacity: wanted.capacity.length > 0 ? desired.capacity : undefined,
    plugin: wanted.plugin.length > 0 ? await ensurePlugin(deployment) : undefined,
    workerConfiguration:
      wanted.workerConfiguration.length > 0 ? await ensureWorkerConfiguration(deployment) : undefined,
  };
  const connector = await updateSettings(api, live, settings, wait);
  if (wanted.config.length === 0) return connector;
  return updateConnector(api, connector, { kind: 'configuration', config: desired.config }, wait);
}

async function newConnector(deployment: MskDeployment): Promise<NewConnector> {
  const plugin = await ensurePlugin(deployment);
  const workerConfiguration = await ensureWorkerConfiguration(deployment);
  const { name, config, capacity, fixed, tags } = deployment.desired;
  return { name, config, capacity, plugin, workerConfiguration, fixed, tags };
}

/** Creates it and waits until it is steady. One of that name that is as wanted is ours: the answer to a first try was lost. */
async function create({ api, desired, plugin, wait }: MskDeployment, wanted: NewConnector): Promise<MskConnector> {
  const refusal = await api.create(wanted).then(
    () => undefined,
    (error: unknown) => error,
  );
  const made = await waitUntilSteady(api, wanted.name, wait);
  if (refusal === undefined && made !== undefined) return made;
  if (made === undefined) throw refusal ?? new ConnectError('NOT_FOUND', `${wanted.name} was deleted meanwhile`);
  const keys = allChanges(compareMskSink(desired, plugin.name, await observeMskSink(api, made))).map(({ key }) => key);
  if (keys.length === 0) return made;
  const message = `another ${wanted.name} was created on ${api.label} at the same time: ${keys.join(', ')}`;
  throw new ConnectError('REFUSED', message, {
    cause: refusal,
    details: { connector: wanted.name, keys },
    hint: '`connect plan` shows how it stands now',
  });
}

function running(connector: MskConnector): MskConnector {
  if (connector.state === 'RUNNING') return connector;
  throw failedConnector(connector);
}
