import type { RequestedState } from '../connectors/run-state.ts';
import { whileLocked } from '../operate/lock/while-locked.ts';
import { changeState, type StateChange } from '../operate/sink-state.ts';
import type { Session } from './session.ts';
import { type EachSinkOptions, eachSink, type FailedSink } from './sinks.ts';

export type { RequestedState, StateChange };

const VERBS: Readonly<Record<RequestedState, string>> = { RUNNING: 'resume', PAUSED: 'pause', STOPPED: 'stop' };

/**
 * Pauses, stops or resumes the selected sinks, one after the other, and waits until each is in that state. Of several sinks one that failed stands in the
 * answer. Errors, of a single sink: NOT_FOUND for one that is not deployed; UNSAFE for one that would jump over deleted records; UNREACHABLE, TIMEOUT.
 */
export const changeStates = (
  session: Session,
  wanted: RequestedState,
  options: EachSinkOptions<StateChange>,
): Promise<(StateChange | FailedSink)[]> =>
  eachSink(session, options, (action) =>
    whileLocked(action, `connect ${VERBS[wanted]}`, (locked) => changeState(locked, wanted)),
  );
