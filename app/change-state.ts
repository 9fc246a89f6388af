import type { RequestedState } from '../connectors/run-state.ts';
import { changeState, type StateChange } from '../operate/sink-state.ts';
import type { Session } from './session.ts';
import { eachSink, type FailedSink, type SinkOptions, type SinkOutcome, selectedSinks } from './sinks.ts';

export type { RequestedState, StateChange };

export interface ChangeStateOptions extends SinkOptions {
  readonly onEvent: (event: SinkOutcome<StateChange>) => void;
}

/** Pauses, stops or resumes the selected sinks, one after the other, and waits until each is in that state. */
export const changeStates = async (
  session: Session,
  wanted: RequestedState,
  options: ChangeStateOptions,
): Promise<(StateChange | FailedSink)[]> =>
  eachSink(await selectedSinks(session, options), (action) => changeState(action, wanted), options.onEvent);
