import type { SinkOutcome } from '../../app/sinks.ts';
import type { CliContext } from '../context.ts';

/** Hears of one sink after the other; the error of one that failed goes to stderr, and its exit code is the command's. */
export const sinkReporter =
  <T>(context: CliContext, onDone: (result: T) => void) =>
  (outcome: SinkOutcome<T>): void => {
    if (outcome.kind === 'done') onDone(outcome.result);
    else context.fail(outcome.failed.error);
  };
