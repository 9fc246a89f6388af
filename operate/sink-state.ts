import type { ConnectorStatus } from '../connectors/targets/target.ts';
import { isIn, order, type WantedState } from '../connectors/wait/run-state.ts';
import { waitFor } from '../core/retry.ts';
import {
  deployedStatus,
  patiently,
  type SinkAction,
  type SinkTasks,
  sinkMembers,
  waitUntilRunning,
  withoutTraces,
} from './settle-sink.ts';

export interface StateChange extends SinkTasks {
  readonly connector: string;
  /** `unchanged`: it was so already. */
  readonly outcome: 'changed' | 'unchanged';
  readonly before: string;
  readonly durationMs: number;
}

/**
 * Brings a deployed sink to a state and waits until connector and tasks are really there. A task that has FAILED stays
 * FAILED while its connector is paused; one that fails after a resume is an error.
 * Errors: NOT_FOUND, REFUSED with the cause when it does not run after a resume, TIMEOUT, what the target throws.
 */
export async function changeState(action: SinkAction, wanted: WantedState): Promise<StateChange> {
  const startedAt = Date.now();
  const before = await deployedStatus(action);
  const outcome = isIn(before, wanted) ? 'unchanged' : 'changed';
  const reached = outcome === 'unchanged' ? withoutTraces(before) : await bringTo(action, wanted, before);
  return {
    connector: action.stream.sink.name,
    outcome,
    before: before.state,
    ...reached,
    durationMs: Date.now() - startedAt,
  };
}

/** As `changeState`, for a sink whose status is known and differs. */
export async function bringTo(action: SinkAction, wanted: WantedState, before: ConnectorStatus): Promise<SinkTasks> {
  const { target, stream, timeoutMs, signal } = action;
  const name = stream.sink.name;
  await patiently(action, () => order(target, name, wanted));
  if (wanted === 'RUNNING') return waitUntilRunning(action, { status: before });
  return waitFor(
    async () => {
      const status = await target.status(name);
      if (status === undefined || !isIn(status, wanted)) return undefined;
      // Consumers of stopped tasks may outlive their status; while one is left, offsets cannot be changed.
      if (wanted === 'STOPPED' && ((await sinkMembers(action))?.size ?? 0) > 0) return undefined;
      return withoutTraces(status);
    },
    { what: `${name} to be ${wanted}`, timeoutMs, ...(signal === undefined ? {} : { signal }) },
  );
}
