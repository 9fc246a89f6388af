import { ConnectError } from '../../core/errors.ts';
import { retry } from '../../core/retry.ts';
import { isMasked } from '../plan/compare-configs.ts';
import type { SinkConfig } from '../render/render-sink.ts';
import type { ConnectorStatus } from '../targets/target.ts';
import { areTold } from '../wait/progress.ts';
import { orderedState } from '../wait/run-state.ts';
import { isHealthy, PATIENCE, settle, settleHeld } from '../wait/settle.ts';
import { applyChange, isSame, removeIfThere } from './apply-change.ts';
import type { DeployOptions, DeployOutcome } from './deploy.ts';
import { commitStart } from './start-offsets.ts';

/** What there was before a deploy touched it. */
export interface PreviousSink {
  /** Undefined: there was none. */
  readonly live: SinkConfig | undefined;
  readonly before: ConnectorStatus | undefined;
  readonly outcome: DeployOutcome;
}

/**
 * Puts back what there was and returns the error to throw: DEPLOY_FAILED, or ROLLBACK_FAILED when that failed too. The given
 * error comes back as it is when nothing was changed, when rolling back is switched off, and after Ctrl-C, where the next
 * step is the person's.
 */
export async function rollBack(options: DeployOptions, previous: PreviousSink, failure: unknown): Promise<unknown> {
  const { outcome } = previous;
  if (outcome === 'unchanged' || options.rollback === false || options.signal?.aborted === true) return failure;
  const failed = ConnectError.from(failure);
  options.onEvent?.({ kind: 'rolling back', outcome });
  try {
    return rolledBack(failed, await restore(options, previous));
  } catch (error) {
    return rollbackFailed(failed, ConnectError.from(error));
  }
}

/** Says what it came to. Not interrupted by the signal: half a rollback is worse than none. */
async function restore(options: DeployOptions, { live, before, outcome }: PreviousSink): Promise<string> {
  const { target, config } = options;
  const { signal: _signal, start: _start, ...undisturbed } = options;
  const name = options.stream.sink.name;
  if (live === undefined) return removeCreated(options);
  const oldMembers = (await options.members?.()) ?? new Set<string>();
  const tasks = (await retry(() => target.tasks(name), PATIENCE).catch(() => [])).map((task) => task.config);
  const failing = outcome === 'replaced' ? undefined : await retry(() => target.status(name), PATIENCE);
  const restored = restorable(live, config);
  const state = orderedState(before?.state) ?? 'RUNNING';
  const configChanges = !isSame(await retry(() => target.config(name), PATIENCE), restored);
  const change = { outcome: outcome === 'replaced' ? outcome : 'updated', config: restored, configChanges } as const;
  await applyChange(undisturbed, { ...change, state, before: failing }, () => {});
  if (state !== 'RUNNING') {
    await settleHeld(undisturbed, state);
    return `rolled back to the previous config: ${state}`;
  }
  if (!isHealthy(before, live)) return 'rolled back to the previous config, under which not every task ran either';
  const { status } = await settle(undisturbed, {
    config: restored,
    settleMs: options.settleMs ?? 3_000,
    ...(configChanges && !areTold(tasks, restored) ? { oldMembers } : {}),
    ...(failing === undefined ? {} : { before: failing }),
  });
  const running = status.tasks.filter((task) => task.state === 'RUNNING').length;
  return `rolled back to the previous config: RUNNING ${running}/${status.tasks.length} tasks`;
}

/** Offsets that were moved for it go back as well, which only a stopped connector allows. */
async function removeCreated({ target, stream, start = [], timeoutMs }: DeployOptions): Promise<string> {
  const { name } = stream.sink;
  if (start.length > 0 && (await retry(() => target.config(name), PATIENCE)) !== undefined) {
    await retry(() => target.stop(name), PATIENCE);
    const offsets = new Map(start.map(({ partition, before }) => [partition, before]));
    await commitStart(target, { name, topic: stream.topic.name, timeoutMs }, offsets);
  }
  await retry(() => removeIfThere(target, name), PATIENCE);
  return 'rolled back: the connector was removed again';
}

/** A mask must never be saved over a secret: where the cluster shows one, the wanted value is the best there is. */
export const restorable = (live: SinkConfig, desired: SinkConfig): SinkConfig =>
  Object.fromEntries(
    Object.entries(live).map(([key, value]) => [key, isMasked(value) ? (desired[key] ?? value) : value]),
  );

const rolledBack = (failed: ConnectError, outcome: string): ConnectError =>
  new ConnectError('DEPLOY_FAILED', `${failed.message}\n  ${outcome}`, {
    details: { ...failed.details, rollback: outcome },
    cause: failed,
    ...(failed.hint === undefined ? {} : { hint: failed.hint }),
  });

const rollbackFailed = (failed: ConnectError, error: ConnectError): ConnectError =>
  new ConnectError('ROLLBACK_FAILED', `${failed.message}\n  rolling back failed too: ${error.message}`, {
    details: { ...failed.details, rollback: error.message },
    cause: failed,
    hint: failed.hint ?? error.hint ?? '`connect status` shows how it stands; the log of the worker says more',
  });
