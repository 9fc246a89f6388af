import { type RestartResult, restartSink } from '../operate/restart-sink.ts';
import type { Session } from './session.ts';
import { eachSink, type FailedSink, type SinkOptions, type SinkOutcome, selectedSinks } from './sinks.ts';

export type { RestartResult };

export interface RestartOptions extends SinkOptions {
  /** Leave alone what runs. */
  readonly onlyFailed: boolean;
  readonly onEvent: (event: SinkOutcome<RestartResult>) => void;
}

/** Restarts the selected sinks, one after the other, and waits until every task runs. */
export const restart = async (session: Session, options: RestartOptions): Promise<(RestartResult | FailedSink)[]> =>
  eachSink(await selectedSinks(session, options), (action) => restartSink(action, options), options.onEvent);
