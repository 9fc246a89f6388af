import { ConnectError } from '../../core/errors.ts';
import type { FeedClient } from './client.ts';
import type { Commitment, FeedEvent } from './event.ts';

export interface FeedSessionOptions {
  readonly feed: FeedClient;
  readonly fromSlot: bigint;
  readonly commitment: Commitment;
  /** Ends the session without an error. */
  readonly signal: AbortSignal;
  /** How long the feed may go without an update or a new slot. */
  readonly silenceMs: number;
  /** Takes one event; a promise is returned when the next one must wait, because what is behind is full. */
  readonly onEvent: (event: FeedEvent) => Promise<void> | undefined;
}

/**
 * Reads one subscription to its end. Returns whether the feed ended it or our signal. Errors: those of the subscription;
 * TIMEOUT when the feed is open but silent. Pings do not count as signs of life: a stream whose source has died keeps
 * answering them. The time spent waiting for what is behind us does not count either.
 */
export async function readFeed(options: FeedSessionOptions): Promise<'ended' | 'stopped'> {
  const { feed, fromSlot, commitment, signal, silenceMs, onEvent } = options;
  const session = new AbortController();
  const stop = () => session.abort();
  let progressAt = Date.now();
  let waiting = false;
  let highest = -1n;
  let silent = false;
  const watchdog = setInterval(
    () => {
      if (waiting || Date.now() - progressAt <= silenceMs) return;
      silent = true;
      stop();
    },
    Math.min(1_000, silenceMs / 4),
  );
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    for await (const event of feed.subscribe({ fromSlot, commitment, signal: session.signal })) {
      if (session.signal.aborted) break;
      if (event.kind === 'slot') {
        if (event.slot > highest) progressAt = Date.now();
        highest = event.slot > highest ? event.slot : highest;
      } else if (event.kind !== 'ping') progressAt = Date.now();
      const room = onEvent(event);
      if (room === undefined) continue;
      waiting = true;
      await room;
      waiting = false;
      progressAt = Date.now();
    }
  } finally {
    clearInterval(watchdog);
    signal.removeEventListener('abort', stop);
    stop();
  }
  if (silent) {
    throw new ConnectError(
      'TIMEOUT',
      `feed at ${feed.address} sent no update and no new slot for ${silenceMs / 1000} s`,
      {
        details: { address: feed.address },
        hint: 'the stream is open but nothing moves: look at the feed, or raise the limit with --silence',
      },
    );
  }
  return signal.aborted ? 'stopped' : 'ended';
}
