import type { SinkEvent } from '../../app/sinks.ts';
import type { CliContext } from '../context.ts';

/** Hears of one sink after the other; the error of one that failed goes to stderr, and its exit code is the command's. */
export const sinkReporter =
  <T>(context: CliContext, onDone: (result: T) => void) =>
  (event: SinkEvent<T>): void => {
    if (event.kind === 'done') onDone(event.result);
    else context.fail(event.failed.error);
  };
