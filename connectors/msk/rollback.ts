import { isDeepStrictEqual } from 'node:util';
import { ConnectError } from '../../core/errors.ts';
import { restorable } from '../plan/compare-configs.ts';
import type { StartOffset } from '../plan/start-plan.ts';
import type { GroupMembers } from '../sink-group.ts';
import { afterRollback } from '../wait/rolled-back.ts';
import type { MskConnector, WorkerSettings } from './api.ts';
import type { ObservedMskSink } from './compare.ts';
import type { MskDeployment } from './deployment.ts';
import { capacityFacts } from './facts.ts';
import { note, removeConnector, runOperation, waitUntilGone, waitUntilSteady } from './follow.ts';
import { expectedTasks } from './observe.ts';
import { putBackOffsets, waitUntilEmpty } from './offsets.ts';
import { unlessThere } from './resources.ts';
import { failedConnector, isDone, saysAnything, updateConnector, updateSettings } from './update.ts';
import { waitForTasks } from './wait-for-tasks.ts';

/**
 * Each of these returns the error to throw: DEPLOY_FAILED when what ran before runs again, ROLLBACK_FAILED when it does not,
 * and the given one where nothing is put back: rolling back is switched off, or Ctrl-C left the next step to the person.
 */

/** Who has fallen silent is not waited for longer than this before anything is put back. */
const ANSWER_MS = 2_000;

/** After a create: removes the connector again and puts back the offsets that were set for it. */
export function removeAgain(
  deployment: MskDeployment,
  start: readonly StartOffset[],
  failure: unknown,
): Promise<unknown> {
  return guarded(deployment, failure, async (patient) => {
    const { api, desired, wait } = patient;
    const made = await waitUntilSteady(api, desired.name, wait);
    if (made !== undefined) await removeConnector(api, made, wait);
    await waitUntilGone(api, desired.name, wait);
    await putBackOffsets(patient, start);
    return 'rolled back: the connector was removed again';
  });
}

/** A connector as it was before an update, and the members of its group. */
export interface Before {
  readonly connector: MskConnector;
  readonly members: GroupMembers;
}

/** After an update: mostly the service has gone back by itself; what it has not put back is put back here. */
export async function restore(deployment: MskDeployment, before: Before, failure: unknown): Promise<unknown> {
  const { connector } = before;
  const { name } = connector;
  const { wait } = deployment;
  // What somebody else has just set is not ours to put back.
  if (failure instanceof ConnectError && failure.details.changedMeanwhile === true) return failure;
  const isUntouched = ({ currentVersion, state }: MskConnector): boolean =>
    currentVersion === connector.currentVersion && state === connector.state;
  const now = await deployment.api
    .within({ timeoutMs: ANSWER_MS, signal: wait.signal })
    .find(name)
    .catch(() => undefined);
  if (wait.signal?.aborted === true) return failure;
  // Refused before anything was tried.
  if (now !== undefined && isUntouched(now) && !hasOperation(failure)) return failure;
  if (now !== undefined && now.state === connector.state && isAsBefore(now, connector)) {
    return afterRollback(failure, async () => `${wentBack(failure)}: ${await howItRuns(deployment, now, before)}`);
  }
  return guarded(deployment, failure, async (patient) => {
    const { api, desired } = patient;
    let current = await waitUntilSteady(api, name, patient.wait);
    if (current === undefined) throw new ConnectError('NOT_FOUND', `${name} is gone`);
    if (current.state === 'FAILED') throw failedConnector(current);
    current = await updateSettings(api, current, settingsBack(current, connector), patient.wait);
    const config = restorable(connector.config, desired.config);
    if (!isDone(current, { kind: 'configuration', config }))
      current = await updateConnector(api, current, { kind: 'configuration', config }, patient.wait);
    current = await stateBack(patient, current, connector);
    return `rolled back to the previous configuration: ${await howItRuns(patient, current, before)}`;
  });
}

/** After a replacement: the connector that was there is created again, with the tags that it had; its offsets have stayed. */
export function createAgain(
  deployment: MskDeployment,
  { connector: before, tags }: ObservedMskSink,
  failure: unknown,
): Promise<unknown> {
  return guarded(deployment, failure, async (patient) => {
    const { api, desired, wait } = patient;
    const failed = await waitUntilSteady(api, before.name, wait);
    if (failed !== undefined) await removeConnector(api, failed, wait);
    await waitUntilGone(api, before.name, wait);
    if (before.state === 'FAILED') return 'rolled back: the connector is gone; the one before had FAILED as well';
    const { name, plugin } = before;
    if (plugin === undefined) throw new ConnectError('INTERNAL', `${name} had no plugin`);
    await waitUntilEmpty(patient.evidence, wait);
    const config = restorable(before.config, desired.config);
    await unlessThere(api.create({ ...before, config, plugin, tags }));
    const made = await waitUntilSteady(api, name, wait);
    if (made?.state !== 'RUNNING')
      throw made === undefined ? new ConnectError('NOT_FOUND', `${name} is gone`) : failedConnector(made);
    const runs = await howItRuns(patient, made, { connector: before, members: undefined });
    return `rolled back: the previous connector was created again: ${runs}`;
  });
}

/** Goes back with bounds that Ctrl-C does not end, because half a rollback is worse than none. */
async function guarded(
  deployment: MskDeployment,
  failure: unknown,
  goBack: (patient: MskDeployment) => Promise<string>,
): Promise<unknown> {
  const { api, wait } = deployment;
  if (wait.rollback === false || wait.signal?.aborted === true) return failure;
  note(wait, 'does not run as deployed; going back');
  return afterRollback(failure, async () => {
    if (failure instanceof ConnectError && failure.retryable) await requireAnswer(deployment);
    return goBack({
      ...deployment,
      api: api.within({ timeoutMs: wait.timeoutMs }),
      wait: { ...wait, signal: undefined },
    });
  });
}

/** A service that has fallen silent cannot be asked to go back, and nobody should wait for it twice. Errors: UNREACHABLE. */
async function requireAnswer({ api, desired }: MskDeployment): Promise<void> {
  await api
    .within({ timeoutMs: ANSWER_MS })
    .find(desired.name)
    .catch((error: unknown) => {
      if (!(error instanceof ConnectError) || !/^(TIMEOUT|UNREACHABLE)$/.test(error.code)) return;
      throw new ConnectError('UNREACHABLE', `${api.label} does not answer; nothing was put back`, {
        cause: error,
        hint: 'when it answers, `connect plan` shows how the sink stands, and `connect deploy` brings it to the files',
      });
    });
}

/** Waits for the tasks of what was put back, and says what it came to. Errors: those of `waitForTasks`. */
async function howItRuns(
  { evidence, wait }: Pick<MskDeployment, 'evidence' | 'wait'>,
  connector: MskConnector,
  { connector: before, members }: Before,
): Promise<string> {
  if (connector.state === 'PAUSED') return 'PAUSED';
  if (members !== undefined && members.size < (expectedTasks(before) ?? 1)) return 'not every task ran before, either';
  const { tasks } = await waitForTasks(connector, evidence, wait, members);
  return tasks.length === 0 ? 'RUNNING' : `RUNNING ${tasks.length}/${tasks.length} tasks`;
}

/** Brings a connector to the run state that it had. */
async function stateBack(
  { api, wait }: Pick<MskDeployment, 'api' | 'wait'>,
  now: MskConnector,
  before: MskConnector,
): Promise<MskConnector> {
  if (now.state === before.state || before.state === 'FAILED') return now;
  const isPause = before.state === 'PAUSED';
  const type = isPause ? 'PAUSE_CONNECTOR' : 'RESUME_CONNECTOR';
  await runOperation(api, now, type, (service) => (isPause ? service.pause(now) : service.resume(now)), wait);
  return (await waitUntilSteady(api, now.name, wait)) ?? now;
}

const operationOf = (failure: unknown): { readonly state?: string } | undefined =>
  failure instanceof ConnectError ? (failure.details.operation as { state?: string } | undefined) : undefined;

const hasOperation = (failure: unknown): boolean => operationOf(failure) !== undefined;

/** What has become of a failed update without us. */
const wentBack = (failure: unknown): string =>
  operationOf(failure)?.state === 'ROLLBACK_COMPLETE'
    ? 'MSK Connect rolled back by itself'
    : 'the previous configuration is in place';

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
