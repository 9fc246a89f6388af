import { whileLocked } from '../operate/lock/while-locked.ts';
import { type RestartResult, restartSink } from '../operate/restart-sink.ts';
import type { Session } from './session.ts';
import { type EachSinkOptions, eachSink, type FailedSink } from './sinks.ts';

/** Which sinks are restarted, and who hears of it. */
export interface RestartOptions extends EachSinkOptions<RestartResult> {
  /** Leave alone what runs. */
  readonly onlyFailed: boolean;
}

/**
 * Restarts the selected sinks, one after the other, and waits until every task runs. Of several sinks one that failed stands in the answer. Errors, of a
 * single sink: NOT_FOUND, UNSAFE for one that would jump over deleted records, TIMEOUT, UNREACHABLE.
 */
export const restart = (session: Session, options: RestartOptions): Promise<(RestartResult | FailedSink)[]> =>
  eachSink(session, options, (action) =>
    whileLocked(action, 'connect restart', (locked) => restartSink(locked, options)),
  );
