import type { RequestedState } from '../connectors/run-state.ts';
import { changeState, type StateChange } from '../operate/sink-state.ts';
import type { Session } from './session.ts';
import { type EachSinkOptions, eachSink, type FailedSink } from './sinks.ts';

export type { RequestedState, StateChange };

/** Pauses, stops or resumes the selected sinks, one after the other, and waits until each is in that state. */
export const changeStates = (
  session: Session,
  wanted: RequestedState,
  options: EachSinkOptions<StateChange>,
): Promise<(StateChange | FailedSink)[]> => eachSink(session, options, (action) => changeState(action, wanted));
