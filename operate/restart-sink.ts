import type { ConnectorStatus } from '../connectors/targets/target.ts';
import { ConnectError } from '../core/errors.ts';
import {
  deployedStatus,
  patiently,
  type SinkAction,
  type SinkTasks,
  sinkMembers,
  waitUntilRunning,
  withoutTraces,
} from './settle-sink.ts';

export interface RestartResult extends SinkTasks {
  readonly connector: string;
  /** `unchanged`: only what had failed was to be restarted, and nothing had. */
  readonly outcome: 'restarted' | 'unchanged';
  /** What was started again: `connector`, `task 0`. */
  readonly restarted: readonly string[];
  readonly durationMs: number;
}

/**
 * Restarts connector and tasks, or only those that FAILED, and waits until everything is RUNNING and stays so.
 * Errors: NOT_FOUND, REFUSED for a sink that is held back or fails again (with the cause), TIMEOUT, what the target throws.
 */
export async function restartSink(
  action: SinkAction,
  { onlyFailed }: { readonly onlyFailed: boolean },
): Promise<RestartResult> {
  const startedAt = Date.now();
  const name = action.stream.sink.name;
  const status = await deployedStatus(action);
  if (status.state === 'PAUSED' || status.state === 'STOPPED') throw heldBack(name, status.state);
  const restarted = partsOf(status, onlyFailed, action.target.managed === true);
  const result = (tasks: SinkTasks): RestartResult => ({
    connector: name,
    outcome: restarted.length > 0 ? 'restarted' : 'unchanged',
    restarted,
    ...tasks,
    durationMs: Date.now() - startedAt,
  });
  if (restarted.length === 0) return result(withoutTraces(status));
  // Connect goes on showing the old states for a moment: that every consumer is a new one proves a whole restart.
  const members = onlyFailed ? undefined : await sinkMembers(action);
  await patiently(action, () => action.target.restart(name, { onlyFailed }));
  return result(await waitUntilRunning(action, { status, ...(members === undefined ? {} : { members }) }));
}

/** On workers that a service runs, a task that is not in its group is the one that has failed. */
function partsOf(status: ConnectorStatus, onlyFailed: boolean, managed: boolean): string[] {
  const failed = managed ? ['FAILED', 'UNASSIGNED'] : ['FAILED'];
  const parts = [
    { name: 'connector', state: status.state },
    ...status.tasks.map(({ id, state }) => ({ name: `task ${id}`, state })),
  ];
  return parts.filter(({ state }) => !onlyFailed || failed.includes(state)).map((part) => part.name);
}

const heldBack = (name: string, state: string): ConnectError =>
  new ConnectError('REFUSED', `${name} is ${state}: there is nothing to restart`, {
    details: { connector: name, state },
    hint: 'start it with `connect resume`',
  });
