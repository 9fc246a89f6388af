import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { backoffMs } from '../../core/retry.ts';
import type { FeedClient } from './client.ts';
import { isOutOfRange } from './errors.ts';
import type { Commitment, FeedEvent } from './event.ts';
import type { FeedPosition } from './position.ts';
import { decideResume, type Gap } from './resume.ts';
import { readFeed } from './session.ts';

export interface FollowOptions {
  readonly stream: string;
  readonly feed: FeedClient;
  readonly position: FeedPosition;
  /** The operator's start, until the feed has been read from there. */
  readonly fromSlot: bigint | undefined;
  readonly checkpoint: bigint | undefined;
  readonly overlapSlots: bigint;
  readonly acceptGap: boolean;
  readonly endWithFeed: boolean;
  readonly commitment: Commitment;
  readonly silenceMs: number;
  readonly connectTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly logger: Logger;
  readonly onEvent: (event: FeedEvent) => Promise<void> | undefined;
  /** A subscription begins; `first` is false for every one after a lost one. */
  readonly onSubscribe: (fromSlot: bigint, first: boolean) => void;
  readonly onGap: (gap: Gap) => void;
}

const BACKOFF = { baseMs: 200, maxMs: 10_000 };
/** The replay window moves while we ask for its first slot; a few losses of that race in a row are no gap. */
const WINDOW_RACES = 3;

/**
 * Reads the feed for as long as it takes: a stream that breaks, falls silent or ends is subscribed to again, a little
 * before where reading stopped. Returns why it ended. Errors: UNSAFE when slots would be left out, REFUSED, and
 * UNREACHABLE or TIMEOUT when the feed could not be reached within `connectTimeoutMs` of the start.
 */
export async function followFeed(options: FollowOptions): Promise<'signal' | 'feed'> {
  const { feed, position, signal, logger } = options;
  const startedAt = Date.now();
  let subscriptions = 0;
  let everRead = false;
  let failures = 0;
  let races = 0;
  while (!signal.aborted) {
    const sessionStart = position.slot;
    try {
      const fromSlot = await choose(options);
      options.onSubscribe(fromSlot, subscriptions === 0);
      subscriptions += 1;
      const ended = await readFeed({
        ...options,
        fromSlot,
        onEvent: (event) => {
          everRead = true;
          races = 0;
          return options.onEvent(event);
        },
      });
      if (ended === 'stopped') return 'signal';
      if (options.endWithFeed) return 'feed';
      logger.info(
        { feed: feed.address, slot: position.slot?.toString() },
        'the feed ended its stream; connecting again',
      );
    } catch (error) {
      if (signal.aborted) return 'signal';
      if (isOutOfRange(error) && races < WINDOW_RACES) races += 1;
      else if (!(error instanceof ConnectError) || !error.retryable) throw error;
      else if (!everRead && Date.now() - startedAt >= options.connectTimeoutMs) throw error;
      logger.warn(
        { feed: feed.address, slot: position.slot?.toString(), reason: (error as Error).message },
        'the feed was lost; connecting again',
      );
    }
    // A subscription that got nowhere counts as a failure, also when it ended politely.
    failures = position.slot === sessionStart ? failures + 1 : 1;
    await sleep(backoffMs(failures, BACKOFF), undefined, { signal }).catch(() => {});
  }
  return 'signal';
}

/** Asks the feed for its window and decides where to subscribe. */
async function choose(options: FollowOptions): Promise<bigint> {
  const { feed, position, logger } = options;
  const window = await feed.replayInfo();
  position.connected(window.latest);
  const decision = decideResume({
    checkpoint: position.slot ?? options.checkpoint,
    fromSlot: position.slot === undefined ? options.fromSlot : undefined,
    overlapSlots: options.overlapSlots,
    window,
    acceptGap: options.acceptGap,
  });
  if (decision.kind === 'outside') throw outsideWindow(options, decision.gap, window.earliest);
  if (decision.behind) {
    logger.warn(
      { feed: feed.address, latest: window.latest.toString(), checkpoint: position.slot?.toString() },
      'the feed ends long before the checkpoint: another feed, or one that was reset; reading all it has',
    );
  }
  if (decision.gap !== undefined) {
    const gap = { from: decision.gap.from.toString(), to: decision.gap.to.toString() };
    logger.warn({ feed: feed.address, gap }, 'leaving out slots by explicit choice');
    options.onGap(decision.gap);
  }
  logger.info({ feed: feed.address, fromSlot: decision.slot.toString() }, 'subscribing');
  return decision.slot;
}

function outsideWindow({ stream, feed }: FollowOptions, { from, to }: Gap, earliest: bigint): ConnectError {
  return new ConnectError(
    'UNSAFE',
    `stream ${stream} must be read from slot ${from}, but the feed at ${feed.address} replays from slot ${earliest} on: slots ${from} to ${to} would be missing`,
    {
      details: {
        gap: { from: from.toString(), to: to.toString() },
        earliest: earliest.toString(),
        address: feed.address,
      },
      hint: 'the checkpoint is kept; read the missing slots from another feed, or leave them out with --accept-gap, which records the gap',
    },
  );
}
