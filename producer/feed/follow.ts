import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { backoffMs } from '../../core/retry.ts';
import type { FeedClient } from './client.ts';
import { isOutOfRange } from './errors.ts';
import type { FeedPosition } from './position.ts';
import { decideResume, type Gap, type ResumeInput } from './resume.ts';
import { type FeedSessionOptions, readFeed } from './session.ts';

export interface FollowOptions extends Pick<FeedSessionOptions, 'commitment' | 'signal' | 'silenceMs' | 'onEvent'> {
  /** For messages. */
  readonly stream: string;
  readonly feed: FeedClient;
  readonly position: FeedPosition;
  /** Where to start; counts until the feed has been read from there. */
  readonly start: Omit<ResumeInput, 'window'>;
  /** Return when the feed ends its stream, instead of connecting again. */
  readonly endWithFeed: boolean;
  readonly connectTimeoutMs: number;
  readonly logger: Logger;
  /** A subscription begins. `gap`: slots before it that are left out by the operator's choice. */
  readonly onSubscribe: (fromSlot: bigint, gap: Gap | undefined) => void;
}

const BACKOFF = { baseMs: 200, maxMs: 10_000 };
/** The replay window moves while we ask for its first slot; if we lose that race a few times in a row, that is no gap. */
const WINDOW_RACES = 3;

/**
 * Reads the feed until the signal or, with `endWithFeed`, until the feed ends. A stream that breaks, falls silent or ends
 * is subscribed to again, a little before the slot where reading stopped. Errors: UNSAFE when slots would be left out,
 * REFUSED, and UNREACHABLE or TIMEOUT when the feed could not be reached within `connectTimeoutMs` of the start.
 */
export function followFeed(options: FollowOptions): Promise<'signal' | 'feed'> {
  const { feed, position, commitment, signal, silenceMs, onEvent } = options;
  let races = 0;
  return keepReading(
    {
      ...options,
      address: feed.address,
      place: () => position.slot,
      isWorthAnotherTry: (error) => {
        if (!isOutOfRange(error) || races >= WINDOW_RACES) return false;
        races += 1;
        return true;
      },
    },
    async (read) => {
      const fromSlot = await subscribeFrom(options);
      const onFirstEvent = () => {
        read();
        races = 0;
        position.subscribed(fromSlot);
      };
      return readFeed({ feed, fromSlot, commitment, signal, silenceMs, onFirstEvent, onEvent });
    },
  );
}

interface KeepReadingOptions extends Pick<FollowOptions, 'signal' | 'endWithFeed' | 'connectTimeoutMs' | 'logger'> {
  readonly address: string;
  /** How far the feed has been read; a subscription that did not move it counts as a failure. */
  readonly place: () => bigint | undefined;
  /** Of an error that would end the reading otherwise. */
  readonly isWorthAnotherTry: (error: unknown) => boolean;
}

/** Subscribes again and again; `subscribe` reads one subscription and calls `read` when it works. */
export async function keepReading(
  options: KeepReadingOptions,
  subscribe: (read: () => void) => Promise<'ended' | 'stopped'>,
): Promise<'signal' | 'feed'> {
  const { address, place, isWorthAnotherTry, signal, logger } = options;
  const startedAt = Date.now();
  let everRead = false;
  let failures = 0;
  const read = () => {
    everRead = true;
  };
  while (!signal.aborted) {
    const sessionStart = place();
    try {
      const ended = await subscribe(read);
      if (ended === 'stopped') return 'signal';
      if (options.endWithFeed) return 'feed';
      logger.info({ feed: address, slot: place()?.toString() }, 'the feed ended its stream; connecting again');
    } catch (error) {
      if (signal.aborted) return 'signal';
      if (!isWorthAnotherTry(error)) {
        if (!(error instanceof ConnectError) || !error.retryable) throw error;
        if (!everRead && Date.now() - startedAt >= options.connectTimeoutMs) throw error;
      }
      logger.warn(
        { feed: address, slot: place()?.toString(), reason: (error as Error).message },
        'the feed was lost; connecting again',
      );
    }
    // A subscription that did not move the position counts as a failure, even if it ended normally.
    failures = place() === sessionStart ? failures + 1 : 1;
    await sleep(backoffMs(failures, BACKOFF), undefined, { signal }).catch(() => {});
  }
  return 'signal';
}

/** Asks the feed for its window and decides where to subscribe. */
async function subscribeFrom({ stream, feed, position, start, logger, onSubscribe }: FollowOptions): Promise<bigint> {
  const window = await feed.replayInfo();
  const { slot: read } = position;
  const input = read === undefined ? start : { ...start, checkpoint: read, fromSlot: undefined };
  const decision = decideResume({ ...input, window });
  if (decision.kind === 'outside') throw outsideWindow(stream, feed.address, decision.gap, window.earliest);
  const { slot, gap } = decision;
  if (decision.behind) {
    logger.warn(
      { feed: feed.address, latest: window.latest.toString(), checkpoint: read?.toString() },
      'the feed ends long before the checkpoint: another feed, or one that was reset; reading all it has',
    );
  }
  if (gap !== undefined) {
    logger.warn({ feed: feed.address, gap: textOf(gap) }, 'leaving out slots by explicit choice');
  }
  logger.info({ feed: feed.address, fromSlot: slot.toString() }, 'subscribing');
  onSubscribe(slot, gap);
  return slot;
}

const textOf = ({ from, to }: Gap) => ({ from: from.toString(), to: to.toString() });

const outsideWindow = (stream: string, address: string, gap: Gap, earliest: bigint): ConnectError =>
  new ConnectError(
    'UNSAFE',
    `stream ${stream} must be read from slot ${gap.from}, but the feed at ${address} replays from slot ${earliest} on: slots ${gap.from} to ${gap.to} would be missing`,
    {
      details: { gap: textOf(gap), earliest: earliest.toString(), address },
      hint: 'the checkpoint is kept; read the missing slots from another feed, or leave them out with --accept-gap, which records the gap',
    },
  );
