import type { DeployWait } from '../host.ts';
import { restorable } from '../plan/compare-configs.ts';
import type { AgreedEntry } from '../plan/require-agreed.ts';
import type { StartOffset } from '../plan/start-plan.ts';
import { requestedState } from '../run-state.ts';
import type { DesiredSink, ObservedSink } from '../sink-config.ts';
import type { GroupMembers } from '../sink-group.ts';
import { haveConfig, isHealthy } from '../wait/progress.ts';
import { withRetry } from '../wait/retry-policy.ts';
import { afterRollback } from '../wait/rolled-back.ts';
import type { DeployOutcome, Wait } from '../wait/wait.ts';
import { waitUntilHeld } from '../wait/wait-until-held.ts';
import { waitUntilRunning } from '../wait/wait-until-running.ts';
import type { RestApi } from './api.ts';
import { observeSink } from './observe.ts';
import { isSame, removeIfThere, setOffsets, writeChange } from './write-change.ts';

/** One deploy on its way, once it was agreed to. */
export interface Deployment {
  readonly api: RestApi;
  readonly desired: DesiredSink;
  readonly wait: DeployWait;
  readonly members: () => Promise<GroupMembers>;
  /** What was there before, its tasks with their configurations. */
  readonly before: ObservedSink | undefined;
  readonly entry: AgreedEntry;
  /** Offsets that are set before a connector begins that is created. */
  readonly start: readonly StartOffset[];
}

/**
 * Puts back what there was and returns the error to throw: DEPLOY_FAILED, or ROLLBACK_FAILED when that failed too. The given
 * error comes back as it is when nothing was changed, when rolling back is switched off, and after Ctrl-C, where the next
 * step is the person's.
 */
export async function rollBack(deployment: Deployment, failure: unknown): Promise<unknown> {
  const { before, entry, wait } = deployment;
  const { outcome } = entry;
  if (outcome === 'unchanged' || wait.rollback === false || wait.signal?.aborted === true) return failure;
  wait.onEvent?.({ kind: 'rolling back', outcome });
  const uninterrupted = { ...wait, signal: undefined };
  return afterRollback(failure, () =>
    before === undefined
      ? removeCreated(deployment, uninterrupted)
      : restore({ ...deployment, before }, outcome, uninterrupted),
  );
}

/** Says what it came to. */
async function restore(
  { api, desired, members, before }: Deployment & { readonly before: ObservedSink },
  outcome: Exclude<DeployOutcome, 'unchanged'>,
  wait: Wait,
): Promise<string> {
  const { stream } = desired;
  const { name } = stream.sink;
  const observe = () => observeSink(api, name, { withTaskConfigs: true });
  const oldMembers = (await members()) ?? new Set<string>();
  const failing = outcome === 'replaced' ? undefined : await withRetry(observe);
  const config = restorable(before.config, desired.config);
  const configChanges = !isSame(await withRetry(() => api.config(name)), config);
  const state = requestedState(before.state);
  const change = {
    stream,
    outcome: outcome === 'replaced' ? outcome : 'updated',
    config,
    configChanges,
    state,
    before: failing,
    start: [],
  } as const;
  await writeChange(api, change, wait, () => {});
  if (state !== 'RUNNING') {
    await waitUntilHeld({ name, observe, members }, state, wait);
    return `rolled back to the previous config: ${state}`;
  }
  if (!isHealthy(before)) return 'rolled back to the previous config, under which not every task ran either';
  const { sink } = await waitUntilRunning(
    {
      stream,
      observe,
      members,
      config,
      expectedTasks: Number(config['tasks.max']),
      before: failing,
      beforeIsBroken: true,
      oldMembers: configChanges && !haveConfig(failing?.tasks ?? [], config) ? oldMembers : undefined,
    },
    wait,
  );
  const running = sink.tasks.filter((task) => task.state === 'RUNNING').length;
  return `rolled back to the previous config: RUNNING ${running}/${sink.tasks.length} tasks`;
}

/** Offsets that were moved for it go back as well, which only a stopped connector allows. */
async function removeCreated({ api, desired, start }: Deployment, wait: Wait): Promise<string> {
  const { stream } = desired;
  const { name } = stream.sink;
  if (start.length > 0 && (await withRetry(() => api.config(name))) !== undefined) {
    await withRetry(() => api.stop(name));
    await setOffsets(api, stream, new Map(start.map(({ partition, before }) => [partition, before])), wait);
  }
  await withRetry(() => removeIfThere(api, name));
  return 'rolled back: the connector was removed again';
}
