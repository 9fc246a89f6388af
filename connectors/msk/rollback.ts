import { isDeepStrictEqual } from 'node:util';
import { ConnectError } from '../../core/errors.ts';
import { restorable } from '../rest/rollback.ts';
import type { MskConnector, WorkerSettings } from './api.ts';
import type { MskDeployOptions } from './deploy.ts';
import { capacityFacts } from './facts.ts';
import { type MskWait, waitUntilGone, waitUntilSteady } from './follow.ts';
import { unlessThere } from './resources.ts';
import { failedConnector, isDone, updateConnector } from './update.ts';

/**
 * Each of these returns the error to throw: DEPLOY_FAILED when what ran before runs again, ROLLBACK_FAILED when it does not,
 * and the given one where nothing is put back: rolling back is switched off, or Ctrl-C left the next step to the person.
 */

/** After a create: the connector goes again. */
export function removeAgain(options: MskDeployOptions, name: string, failure: unknown): Promise<unknown> {
  const { api } = options;
  return guarded(options, failure, async (wait) => {
    const made = await waitUntilSteady(api, name, wait);
    if (made !== undefined) await api.remove(made);
    await waitUntilGone(api, name, wait);
    return 'rolled back: the connector was removed again';
  });
}

/** After an update: the service mostly has gone back by itself; what it has not is put back. */
export async function restore(options: MskDeployOptions, before: MskConnector, failure: unknown): Promise<unknown> {
  const { api } = options;
  // What somebody else has just set is not ours to put back.
  if (failure instanceof ConnectError && failure.details.changedMeanwhile === true) return failure;
  const isUntouched = ({ currentVersion, state }: MskConnector): boolean =>
    currentVersion === before.currentVersion && state === 'RUNNING';
  const now = await api.find(before.name).catch(() => undefined);
  // Refused before anything was tried.
  if (now !== undefined && isUntouched(now) && !hasOperation(failure)) return failure;
  if (now?.state === 'RUNNING' && isAsBefore(now, before)) {
    return rolledBack(failure, 'MSK Connect rolled back by itself: the previous configuration runs');
  }
  return guarded(options, failure, async (wait) => {
    let current = await waitUntilSteady(api, before.name, wait);
    if (current === undefined) throw new ConnectError('NOT_FOUND', `${before.name} is gone`);
    if (current.state === 'FAILED') throw failedConnector(current);
    const settings = settingsBack(current, before);
    if (Object.keys(settings).length > 0)
      current = await updateConnector(api, current, { kind: 'worker settings', ...settings }, wait);
    const config = restorable(before.config, options.desired.config);
    if (!isDone(current, { kind: 'configuration', config }))
      await updateConnector(api, current, { kind: 'configuration', config }, wait);
    return 'rolled back to the previous configuration: RUNNING';
  });
}

/** After a replacement: the connector that was there is created again; its offsets have stayed. */
export function createAgain(options: MskDeployOptions, before: MskConnector, failure: unknown): Promise<unknown> {
  const { api, connect } = options;
  return guarded(options, failure, async (wait) => {
    const failed = await waitUntilSteady(api, before.name, wait);
    if (failed !== undefined) await api.remove(failed);
    await waitUntilGone(api, before.name, wait);
    if (before.state === 'FAILED') return 'rolled back: the connector is gone; the one before had FAILED as well';
    const { name, capacity, plugin, workerConfiguration, fixed } = before;
    if (plugin === undefined) throw new ConnectError('INTERNAL', `${name} had no plugin`);
    const config = restorable(before.config, options.desired.config);
    const again = { name, config, capacity, plugin, workerConfiguration, fixed, tags: connect.tags };
    await unlessThere(() => api.create(again));
    const made = await waitUntilSteady(api, name, wait);
    if (made?.state !== 'RUNNING')
      throw made === undefined ? new ConnectError('NOT_FOUND', `${name} is gone`) : failedConnector(made);
    return 'rolled back: the previous connector was created again: RUNNING';
  });
}

/** Not interrupted by the signal: half a rollback is worse than none. */
async function guarded(
  options: MskDeployOptions,
  failure: unknown,
  goBack: (wait: MskWait) => Promise<string>,
): Promise<unknown> {
  if (options.rollback === false || options.signal?.aborted === true) return failure;
  const { signal: _signal, ...wait } = options;
  options.onEvent?.({ kind: 'note', text: `${options.desired.name} does not run as deployed; going back` });
  try {
    return rolledBack(failure, await goBack(wait));
  } catch (error) {
    const failed = ConnectError.from(failure);
    const { message, hint } = ConnectError.from(error);
    return new ConnectError('ROLLBACK_FAILED', `${failed.message}\n  rolling back failed too: ${message}`, {
      details: { ...failed.details, rollback: message },
      cause: failed,
      hint: failed.hint ?? hint ?? '`connect status` shows how it stands',
    });
  }
}

function rolledBack(failure: unknown, outcome: string): ConnectError {
  const failed = ConnectError.from(failure);
  return new ConnectError('DEPLOY_FAILED', `${failed.message}\n  ${outcome}`, {
    details: { ...failed.details, rollback: outcome },
    cause: failed,
    ...(failed.hint === undefined ? {} : { hint: failed.hint }),
  });
}

const hasOperation = (failure: unknown): boolean =>
  failure instanceof ConnectError && failure.details.operation !== undefined;

const isAsBefore = (now: MskConnector, before: MskConnector): boolean =>
  Object.keys(settingsBack(now, before)).length === 0 && isDeepStrictEqual(now.config, before.config);

/** The worker settings that have to go back. */
function settingsBack(now: MskConnector, before: MskConnector): WorkerSettings {
  const { plugin, workerConfiguration } = before;
  return {
    ...(isDeepStrictEqual(capacityFacts(now.capacity), capacityFacts(before.capacity))
      ? {}
      : { capacity: before.capacity }),
    ...(plugin === undefined || isDeepStrictEqual(now.plugin, plugin) ? {} : { plugin }),
    ...(isDeepStrictEqual(now.workerConfiguration, workerConfiguration)
      ? {}
      : { workerConfiguration: workerConfiguration ?? ('default' as const) }),
  };
}
