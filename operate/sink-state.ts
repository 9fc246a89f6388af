import { isIn, type RequestedState } from '../connectors/run-state.ts';
import { type ObservedSink, type SinkTasks, withoutTraces } from '../connectors/sink-config.ts';
import { waitUntilHeld } from '../connectors/wait/wait-until-held.ts';
import { requireNoGap } from './require-no-gap.ts';
import { deployedSink, type SinkAction, waitUntilSinkRuns } from './sink-action.ts';

/** What became of one sink. */
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
 * Errors: NOT_FOUND, UNSAFE for a start over a gap, REFUSED with the cause when it does not run after a resume, TIMEOUT, what
 * the host throws.
 */
export async function changeState(action: SinkAction, wanted: RequestedState): Promise<StateChange> {
  const startedAt = Date.now();
  const before = await deployedSink(action);
  const outcome = isIn(before, wanted) ? 'unchanged' : 'changed';
  if (wanted === 'RUNNING' && outcome === 'changed') await requireNoGap(action);
  const reached = outcome === 'unchanged' ? withoutTraces(before) : await bringTo(action, wanted, before);
  return {
    connector: action.stream.sink.name,
    outcome,
    before: before.state,
    ...reached,
    durationMs: Date.now() - startedAt,
  };
}

/** As `changeState`, for a sink that was seen in another state. Errors: also REFUSED where the host cannot. */
export async function bringTo(action: SinkAction, wanted: RequestedState, before: ObservedSink): Promise<SinkTasks> {
  const { host, groups, stream } = action;
  const { name } = stream.sink;
  const requests = { RUNNING: () => host.resume, PAUSED: () => host.pause, STOPPED: () => host.stop };
  await requests[wanted]()(name, action);
  if (wanted === 'RUNNING') return waitUntilSinkRuns(action, before);
  const observe = () => host.observe(name);
  return withoutTraces(await waitUntilHeld({ name, observe, members: () => groups.members(name) }, wanted, action));
}
