import { isDeepStrictEqual } from 'node:util';
import { ConnectError } from '../../core/errors.ts';
import { waitFor } from '../../core/retry.ts';
import { restorable } from '../plan/compare-configs.ts';
import type { StartOffset } from '../plan/start-plan.ts';
import { afterRollback } from '../wait/rolled-back.ts';
import type { Wait } from '../wait/wait.ts';
import type { MskConnector, WorkerSettings } from './api.ts';
import type { MskDeployment } from './deployment.ts';
import { capacityFacts } from './facts.ts';
import { note, waitUntilGone, waitUntilSteady } from './follow.ts';
import { unlessThere } from './resources.ts';
import { failedConnector, isDone, saysAnything, updateConnector, updateSettings } from './update.ts';

/**
 * Each of these returns the error to throw: DEPLOY_FAILED when what ran before runs again, ROLLBACK_FAILED when it does not,
 * and the given one where nothing is put back: rolling back is switched off, or Ctrl-C left the next step to the person.
 */

/** After a create: removes the connector again and puts back the offsets that were set for it. */
export function removeAgain(
  deployment: MskDeployment,
  start: readonly StartOffset[],
  failure: unknown,
): Promise<unknown> {
  const { api, desired } = deployment;
  return guarded(deployment, failure, async (wait) => {
    const made = await waitUntilSteady(api, desired.name, wait);
    if (made !== undefined) await api.remove(made);
    await waitUntilGone(api, desired.name, wait);
    await putBackOffsets(deployment, start);
    return 'rolled back: the connector was removed again';
  });
}

/** Sets the offsets of a connector that is not there as they were; Kafka lets nobody while its consumers are still members. */
export async function putBackOffsets(
  { groups, evidence, desired, wait }: MskDeployment,
  start: readonly StartOffset[],
): Promise<void> {
  if (start.length === 0) return;
  await waitFor(async () => ((await evidence.members())?.size ?? 0) === 0, {
    what: `the group of ${desired.name} to be empty`,
    timeoutMs: wait.timeoutMs,
  });
  await setOffsets({ groups, evidence }, new Map(start.map(({ partition, before }) => [partition, before])));
}

/** Sets offsets and reads them back. Errors: REFUSED when Kafka holds others; those of Kafka. */
export async function setOffsets(
  { groups, evidence: { stream } }: Pick<MskDeployment, 'groups' | 'evidence'>,
  offsets: ReadonlyMap<number, bigint | undefined>,
): Promise<void> {
  await groups.setOffsets(stream, offsets);
  const held = new Map((await groups.positions(stream)).map(({ partition, committed }) => [partition, committed]));
  for (const [partition, offset] of offsets) {
    if (held.get(partition) === offset) continue;
    const place = `${stream.topic.name}-${partition}`;
    const message = `Kafka holds offset ${held.get(partition) ?? 'none'} of ${place} for ${stream.sink.name}, not ${offset ?? 'none'} as it was told`;
    throw new ConnectError('REFUSED', message, { hint: '`connect plan` shows where the sink would begin now' });
  }
}

/** After an update: mostly the service has gone back by itself; what it has not put back is put back here. */
export async function restore(deployment: MskDeployment, before: MskConnector, failure: unknown): Promise<unknown> {
  const { api, desired } = deployment;
  // What somebody else has just set is not ours to put back.
  if (failure instanceof ConnectError && failure.details.changedMeanwhile === true) return failure;
  const isUntouched = ({ currentVersion, state }: MskConnector): boolean =>
    currentVersion === before.currentVersion && state === 'RUNNING';
  const now = await api.find(before.name).catch(() => undefined);
  // Refused before anything was tried.
  if (now !== undefined && isUntouched(now) && !hasOperation(failure)) return failure;
  if (now?.state === 'RUNNING' && isAsBefore(now, before)) {
    return afterRollback(failure, async () => 'MSK Connect rolled back by itself: the previous configuration runs');
  }
  return guarded(deployment, failure, async (wait) => {
    let current = await waitUntilSteady(api, before.name, wait);
    if (current === undefined) throw new ConnectError('NOT_FOUND', `${before.name} is gone`);
    if (current.state === 'FAILED') throw failedConnector(current);
    current = await updateSettings(api, current, settingsBack(current, before), wait);
    const config = restorable(before.config, desired.config);
    if (!isDone(current, { kind: 'configuration', config }))
      await updateConnector(api, current, { kind: 'configuration', config }, wait);
    return 'rolled back to the previous configuration: RUNNING';
  });
}

/** After a replacement: the connector that was there is created again; its offsets have stayed. */
export function createAgain(deployment: MskDeployment, before: MskConnector, failure: unknown): Promise<unknown> {
  const { api, connect, desired } = deployment;
  return guarded(deployment, failure, async (wait) => {
    const failed = await waitUntilSteady(api, before.name, wait);
    if (failed !== undefined) await api.remove(failed);
    await waitUntilGone(api, before.name, wait);
    if (before.state === 'FAILED') return 'rolled back: the connector is gone; the one before had FAILED as well';
    const { name, plugin } = before;
    if (plugin === undefined) throw new ConnectError('INTERNAL', `${name} had no plugin`);
    const config = restorable(before.config, desired.config);
    await unlessThere(api.create({ ...before, config, plugin, tags: connect.tags }));
    const made = await waitUntilSteady(api, name, wait);
    if (made?.state !== 'RUNNING')
      throw made === undefined ? new ConnectError('NOT_FOUND', `${name} is gone`) : failedConnector(made);
    return 'rolled back: the previous connector was created again: RUNNING';
  });
}

async function guarded(
  { wait, desired }: MskDeployment,
  failure: unknown,
  goBack: (wait: Wait) => Promise<string>,
): Promise<unknown> {
  if (wait.rollback === false || wait.signal?.aborted === true) return failure;
  note(wait, `${desired.name} does not run as deployed; going back`);
  return afterRollback(failure, () => goBack({ ...wait, signal: undefined }));
}

const hasOperation = (failure: unknown): boolean =>
  failure instanceof ConnectError && failure.details.operation !== undefined;

const isAsBefore = (now: MskConnector, before: MskConnector): boolean =>
  !saysAnything(settingsBack(now, before)) && isDeepStrictEqual(now.config, before.config);

/** The worker settings that have to go back. */
function settingsBack(now: MskConnector, before: MskConnector): WorkerSettings {
  const { capacity, plugin, workerConfiguration = 'default' } = before;
  return {
    capacity: isDeepStrictEqual(capacityFacts(now.capacity), capacityFacts(capacity)) ? undefined : capacity,
    plugin: isDeepStrictEqual(now.plugin, plugin) ? undefined : plugin,
    workerConfiguration: isDeepStrictEqual(now.workerConfiguration ?? 'default', workerConfiguration)
      ? undefined
      : workerConfiguration,
  };
}
