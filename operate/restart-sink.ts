import { type ObservedSink, type SinkTasks, withoutTraces } from '../connectors/sink-config.ts';
import type { FailedPart } from '../connectors/wait/failure.ts';
import { withRetry } from '../connectors/wait/retry-policy.ts';
import { ConnectError } from '../core/errors.ts';
import { requireNoGap } from './require-no-gap.ts';
import { deployedSink, type SinkAction, waitUntilSinkRuns } from './sink-action.ts';

export interface RestartResult extends SinkTasks {
  readonly connector: string;
  /** `unchanged`: only what had failed was to be restarted, and nothing had. */
  readonly outcome: 'restarted' | 'unchanged';
  /** What was started again: `connector`, `task 0`. */
  readonly restarted: readonly string[];
  readonly durationMs: number;
}

/**
 * Restarts connector and tasks, or only those that FAILED, and waits until everything is RUNNING and stays so. What fails again
 * because a part is still away is started again until the time is up, unless `again` is false.
 * Errors: NOT_FOUND, UNSAFE for a start over a gap, REFUSED for a sink that is held back or fails again (with the cause), TIMEOUT,
 * what the host throws.
 */
export async function restartSink(
  action: SinkAction,
  { onlyFailed, again = true }: { readonly onlyFailed: boolean; readonly again?: boolean | undefined },
): Promise<RestartResult> {
  const startedAt = Date.now();
  const { host, groups } = action;
  const { name } = action.stream.sink;
  const sink = await deployedSink(action);
  const { state } = sink;
  if (state === 'PAUSED' || state === 'STOPPED') {
    throw new ConnectError('REFUSED', `${name} is ${state}: there is nothing to restart`, {
      details: { connector: name, state },
      hint: 'start it with `connect resume`',
    });
  }
  const restarted = partsToRestart(sink, onlyFailed);
  const result = (tasks: SinkTasks): RestartResult => ({
    connector: name,
    outcome: restarted.length > 0 ? 'restarted' : 'unchanged',
    restarted,
    ...tasks,
    durationMs: Date.now() - startedAt,
  });
  if (restarted.length === 0) return result(withoutTraces(sink));
  await requireNoGap(action);
  // Connect goes on showing the old states for a moment: that every consumer is a new one proves a whole restart.
  const oldMembers = onlyFailed ? undefined : await groups.members(name);
  await host.restart(name, { onlyFailed }, action);
  const restarts = {
    when: (failures: readonly FailedPart[]) => failures.every(({ passes }) => passes === true),
    restart: () => withRetry(() => host.restart(name, { onlyFailed: true }, action), action.signal),
  };
  return result(await waitUntilSinkRuns(action, sink, { oldMembers, restarts: again ? restarts : undefined }));
}

/** Where the host lists no tasks, one that is absent from the sink's group is the one that has failed. */
function partsToRestart({ state, tasks }: ObservedSink, onlyFailed: boolean): string[] {
  const named = [
    { name: 'connector', state, absent: false },
    ...tasks.map(({ id, state: own, absent }) => ({ name: `task ${id}`, state: own, absent: absent === true })),
  ];
  return named.filter((one) => !onlyFailed || one.state === 'FAILED' || one.absent).map(({ name }) => name);
}
