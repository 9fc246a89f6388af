import { ConnectError } from '../../core/errors.ts';
import type { FeedClient, SubscribeOptions } from './client.ts';
import type { FeedEvent } from './event.ts';

interface WatchedOptions extends Pick<SubscribeOptions, 'signal' | 'onEvent'> {
  readonly address: string;
  /** How long the feed may go without an update or a new slot. */
  readonly silenceMs: number;
  /** Whether heartbeats are all that a quiet feed says. Default false. */
  readonly pingsCount?: boolean | undefined;
  /** The subscription works. */
  readonly onFirstEvent: () => void;
}

export interface FeedSessionOptions extends SubscribeOptions, Omit<WatchedOptions, 'address'> {
  readonly feed: Pick<FeedClient, 'address' | 'subscribe'>;
}

/** Reads one subscription of a feed of our own shape, as `readWatched` does. */
export const readFeed = ({
  feed,
  fromSlot,
  commitment,
  ...options
}: FeedSessionOptions): Promise<'ended' | 'stopped'> =>
  readWatched({ ...options, address: feed.address }, (signal, onEvent) =>
    feed.subscribe({ fromSlot, commitment, signal, onEvent }),
  );

/**
 * Reads one subscription to its end. Returns whether the feed ended it or our signal. Errors: those of the subscription;
 * TIMEOUT when the feed is open but silent. A ping is no sign of life unless
 * told: a feed whose source has died still sends pings.
 * The time that `onEvent` makes the feed wait does not count as silence.
 */
export async function readWatched(
  options: WatchedOptions,
  subscribe: (signal: AbortSignal, onEvent: SubscribeOptions['onEvent']) => Promise<void>,
): Promise<'ended' | 'stopped'> {
  const { address, signal, silenceMs } = options;
  const silence = new AbortController();
  let movedAt = Date.now();
  let waiting = false;
  let first = true;
  let highest = -1n;
  const watchdog = setInterval(
    () => {
      if (!waiting && Date.now() - movedAt > silenceMs) silence.abort();
    },
    Math.min(1_000, silenceMs / 4),
  );
  const onEvent = (event: FeedEvent): Promise<void> | undefined => {
    if (first) options.onFirstEvent();
    first = false;
    if (event.kind === 'slot') {
      if (event.slot > highest) movedAt = Date.now();
      highest = event.slot > highest ? event.slot : highest;
    } else if (options.pingsCount || event.kind !== 'ping') movedAt = Date.now();
    const room = options.onEvent(event);
    if (room === undefined) return undefined;
    waiting = true;
    return room.then(() => {
      waiting = false;
      movedAt = Date.now();
    });
  };
  try {
    await subscribe(AbortSignal.any([signal, silence.signal]), onEvent);
  } finally {
    clearInterval(watchdog);
  }
  if (signal.aborted) return 'stopped';
  if (!silence.signal.aborted) return 'ended';
  throw new ConnectError('TIMEOUT', `feed at ${address} sent no update and no new slot for ${silenceMs / 1000} s`, {
    details: { address },
    hint: 'the stream is open but nothing moves: look at the feed, or raise the limit with --silence',
  });
}
