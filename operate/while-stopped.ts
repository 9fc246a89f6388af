import type { ConnectorStatus } from '../connectors/targets/target.ts';
import { orderedState, type WantedState } from '../connectors/wait/run-state.ts';
import { ConnectError } from '../core/errors.ts';
import { isOlder } from '../core/version.ts';
import { deployedStatus, patiently, type SinkAction } from './settle-sink.ts';
import { bringTo } from './sink-state.ts';

export interface WhileStopped {
  readonly state: WantedState;
  readonly stateBefore: string;
}

/** The state a sink is to come back to once it was stopped for a change. */
export const stateToRestore = ({ state }: Pick<ConnectorStatus, 'state'>): WantedState =>
  orderedState(state) ?? 'RUNNING';

/**
 * Stops the sink for a change of its offsets, and brings it back to what it was, also when the change failed or was interrupted.
 * Errors: those of the change; REFUSED with the cause when it does not run afterwards; TIMEOUT, what the target throws.
 */
export async function whileStopped(
  action: SinkAction,
  before: ConnectorStatus,
  change: () => Promise<void>,
  state: WantedState = stateToRestore(before),
): Promise<WhileStopped> {
  const name = action.stream.sink.name;
  // Once it is stopped it is brought back whatever happens, also after Ctrl-C.
  const { signal: _signal, ...uninterrupted } = action;
  const comeBack = async (): Promise<void> => {
    if (state === 'STOPPED') return;
    const stopped = await deployedStatus(uninterrupted);
    await bringTo(uninterrupted, state, stopped);
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
      ...(hint === undefined ? {} : { hint }),
    });
  });
  return { state, stateBefore: before.state };
}

/** Changing offsets came with Kafka Connect 3.6. Errors: REFUSED. */
export async function requireOffsetApi(action: SinkAction): Promise<void> {
  const { version } = await patiently(action, () => action.target.worker());
  if (!isOlder(version, '3.6')) return;
  throw new ConnectError('REFUSED', `${action.target.label} is version ${version}, which cannot change offsets`, {
    hint: 'Kafka Connect 3.6 or newer can; here, stop the sink and use kafka-consumer-groups --reset-offsets',
  });
}
