import { ConnectError } from '../core/errors.ts';
import { retry } from '../core/retry.ts';
import type { DeployOptions, DeployOutcome } from './deploy.ts';
import { isMasked } from './plan/connector-plan.ts';
import type { SinkConfig } from './render.ts';
import { isHealthy, PATIENCE, settle } from './settle.ts';
import type { ConnectorStatus, ConnectTarget } from './targets/target.ts';

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
  const { signal: _signal, ...undisturbed } = options;
  const name = options.stream.sink.name;
  if (live === undefined) {
    await retry(() => removeIfThere(target, name), PATIENCE);
    return 'rolled back: the connector was removed again';
  }
  if (outcome === 'replaced') await retry(() => removeIfThere(target, name), PATIENCE);
  const oldMembers = (await options.members?.()) ?? new Set<string>();
  const failing = outcome === 'replaced' ? undefined : await retry(() => target.status(name), PATIENCE);
  const restored = restorable(live, config);
  await retry(() => target.putConfig(name, restored), PATIENCE);
  if (!isHealthy(before, live)) return 'rolled back to the previous config, under which not every task ran either';
  const { status } = await settle(undisturbed, {
    config: restored,
    settleMs: options.settleMs ?? 3_000,
    oldMembers,
    ...(failing === undefined ? {} : { before: failing }),
  });
  const running = status.tasks.filter((task) => task.state === 'RUNNING').length;
  return `rolled back to the previous config: RUNNING ${running}/${status.tasks.length} tasks`;
}

/** A mask must never be saved over a secret: where the cluster shows one, the wanted value is the best there is. */
export const restorable = (live: SinkConfig, desired: SinkConfig): SinkConfig =>
  Object.fromEntries(
    Object.entries(live).map(([key, value]) => [key, isMasked(value) ? (desired[key] ?? value) : value]),
  );

/** Removes a connector; one that is gone already is as good. */
export async function removeIfThere(target: ConnectTarget, name: string): Promise<void> {
  try {
    await target.remove(name);
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'NOT_FOUND') throw error;
  }
}

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
