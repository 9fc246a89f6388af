import type { SinkEvent } from '../connectors/wait/wait.ts';
import { ConnectError } from '../core/errors.ts';
import { inTurn } from '../core/in-turn.ts';
import type { SinkAction } from '../operate/sink-action.ts';
import type { Session } from './session.ts';

export type { SinkEvent };

/** What a verb takes that acts on sinks. */
export interface SinkOptions {
  /** Bound of the wait for each sink, in milliseconds. Default: as long as actions take where the sinks run. */
  readonly timeoutMs?: number | undefined;
  /** Start a sink also behind records that Kafka deleted before it read them; they are recorded. */
  readonly acceptGap?: boolean | undefined;
  /** Hears how far a sink is. */
  readonly onSinkEvent?: ((connector: string, event: SinkEvent) => void) | undefined;
}

/** A sink on which a verb has failed. */
export interface FailedSink {
  readonly connector: string;
  readonly outcome: 'failed';
  readonly error: ConnectError;
}

/** What a verb takes that acts on one sink after the other. */
export interface EachSinkOptions<T> extends SinkOptions {
  readonly onDone?: ((result: T) => void) | undefined;
  /** Hears why one of several sinks failed. */
  readonly onFailed?: ((error: ConnectError) => void) | undefined;
}

/** The sinks of the selected streams, ready to be acted on. */
export async function selectedSinks(
  session: Session,
  { timeoutMs, acceptGap, onSinkEvent }: SinkOptions = {},
): Promise<SinkAction[]> {
  const { kafka, groups, signal, streams } = session;
  const host = await session.host();
  return streams.map((stream) => ({
    stream,
    host,
    groups,
    kafka,
    timeoutMs: timeoutMs ?? host.defaultTimeoutMs,
    acceptGap,
    signal,
    onEvent: (event) => onSinkEvent?.(stream.sink.name, event),
  }));
}

/**
 * Acts on the selected sinks, one after the other, also after one that failed: its error is reported and stands in the
 * answer. The error of a single sink is thrown. Errors: the single sink's; any, once the user has interrupted.
 */
export async function eachSink<T>(
  session: Session,
  options: EachSinkOptions<T>,
  act: (action: SinkAction) => Promise<T>,
): Promise<(T | FailedSink)[]> {
  const actions = await selectedSinks(session, options);
  return inTurn(actions, async (action) => {
    try {
      const result = await act(action);
      options.onDone?.(result);
      return result;
    } catch (error) {
      if (actions.length === 1 || session.signal.aborted) throw error;
      const known = ConnectError.from(error);
      options.onFailed?.(known);
      return { connector: action.stream.sink.name, outcome: 'failed', error: known };
    }
  });
}
