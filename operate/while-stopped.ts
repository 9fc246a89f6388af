import { type RequestedState, requestedState } from '../connectors/run-state.ts';
import type { ObservedSink } from '../connectors/sink-config.ts';
import { ConnectError } from '../core/errors.ts';
import { deployedSink, type SinkAction } from './sink-action.ts';
import { bringTo } from './sink-state.ts';

export interface WhileStopped {
  readonly state: RequestedState;
  readonly stateBefore: string;
}

/**
 * Stops the sink for a change of its offsets, and brings it back to what it was, also when the change failed or was interrupted.
 * Where a stop is a deletion, one that was paused stays stopped.
 * Errors: those of the change; REFUSED with the cause when it does not run afterwards; TIMEOUT, what the host throws.
 */
export async function whileStopped(
  action: SinkAction,
  before: ObservedSink,
  change: () => Promise<void>,
  wanted: RequestedState = requestedState(before.state),
): Promise<WhileStopped> {
  const { host, stream } = action;
  const { name } = stream.sink;
  const isDeletion = host.stopEffect !== undefined;
  // A connector that is created anew would write before it is paused.
  const state = isDeletion && wanted === 'PAUSED' ? 'STOPPED' : wanted;
  // Once it is stopped it is brought back whatever happens, also after Ctrl-C.
  const uninterrupted = { ...action, signal: undefined };
  const comeBack = async (): Promise<void> => {
    if (state === 'STOPPED') return;
    const now = await deployedSink(uninterrupted);
    const isUntouched = isDeletion && now.state !== 'STOPPED' && now.state !== 'UNASSIGNED';
    if (!isUntouched) await bringTo(uninterrupted, state, now);
  };
  try {
    await bringTo(action, 'STOPPED', before);
    await change();
  } catch (error) {
    const failed = ConnectError.from(error);
    await comeBack().catch((second: unknown) => {
      throw new ConnectError(
        failed.code,
        `${failed.message}; and ${name} did not come back to ${state}: ${ConnectError.from(second).message}`,
        { cause: error, details: failed.details, hint: 'run `connect status`, then `connect resume`' },
      );
    });
    throw error;
  }
  await comeBack().catch((error: unknown) => {
    const { code, message, details, hint } = ConnectError.from(error);
    throw new ConnectError(code, `the offsets of ${name} were changed, but ${message}`, {
      cause: error,
      details,
      hint,
    });
  });
  return { state, stateBefore: before.state };
}
