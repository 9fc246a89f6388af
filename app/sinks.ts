import type { MskEvent } from '../connectors/msk/follow.ts';
import { ConnectError } from '../core/errors.ts';
import type { SinkAction } from '../operate/settle-sink.ts';
import { MSK_TIMEOUT_MS } from './msk-target.ts';
import type { Session } from './session.ts';

export type { MskEvent };

export interface SinkOptions {
  /** Bound of the wait for each sink. Default: as long as actions take where the sinks run. */
  readonly timeoutMs?: number | undefined;
  /** Hears how far MSK Connect is. */
  readonly onMskEvent?: ((event: MskEvent) => void) | undefined;
}

/** A sink on which a verb has failed. */
export interface FailedSink {
  readonly connector: string;
  readonly outcome: 'failed';
  readonly error: ConnectError;
}

/** What became of one sink of several. */
export type SinkEvent<T> =
  | { readonly kind: 'done'; readonly result: T }
  | { readonly kind: 'failed'; readonly failed: FailedSink };

const REST_TIMEOUT_MS = 120_000;

/** The sinks of the selected streams, ready to be acted on. */
export async function selectedSinks(
  session: Session,
  { timeoutMs: given, onMskEvent }: SinkOptions = {},
): Promise<SinkAction[]> {
  const { environment, kafka, signal, streams } = session;
  const timeoutMs = given ?? (environment.connect.target === 'msk' ? MSK_TIMEOUT_MS : REST_TIMEOUT_MS);
  const wait = { timeoutMs, signal, ...(onMskEvent === undefined ? {} : { onEvent: onMskEvent }) };
  const target = await session.connect(wait);
  return streams.map((stream) => ({ stream, target, kafka, timeoutMs, signal }));
}

/**
 * Acts on one sink after the other, also after one that failed: its error is reported and stands in the answer. The error
 * of a single sink is thrown. Errors: the single sink's; any, once the user has interrupted.
 */
export async function eachSink<T>(
  actions: readonly SinkAction[],
  act: (action: SinkAction) => Promise<T>,
  onEvent: (event: SinkEvent<T>) => void,
): Promise<(T | FailedSink)[]> {
  const results: (T | FailedSink)[] = [];
  for (const action of actions) {
    try {
      const result = await act(action);
      onEvent({ kind: 'done', result });
      results.push(result);
    } catch (error) {
      if (actions.length === 1 || action.signal?.aborted === true) throw error;
      const connector = action.stream.sink.name;
      const failed: FailedSink = { connector, outcome: 'failed', error: ConnectError.from(error) };
      onEvent({ kind: 'failed', failed });
      results.push(failed);
    }
  }
  return results;
}
