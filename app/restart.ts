import { whileLocked } from '../operate/lock/while-locked.ts';
import { type RestartResult, restartSink } from '../operate/restart-sink.ts';
import type { Session } from './session.ts';
import { type EachSinkOptions, eachSink, type FailedSink } from './sinks.ts';

export interface RestartOptions extends EachSinkOptions<RestartResult> {
  /** Leave alone what runs. */
  readonly onlyFailed: boolean;
}

/** Restarts the selected sinks, one after the other, and waits until every task runs. */
export const restart = (session: Session, options: RestartOptions): Promise<(RestartResult | FailedSink)[]> =>
  eachSink(session, options, (action) =>
    whileLocked(action, 'connect restart', (locked) => restartSink(locked, options)),
  );
