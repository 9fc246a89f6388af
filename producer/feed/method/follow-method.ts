import type { PositionDefinition } from '../../../pipeline/feed.ts';
import type { FeedChannel } from '../client.ts';
import { isOutOfRange } from '../errors.ts';
import { type FollowOptions, keepReading } from '../follow.ts';
import { readWatched } from '../session.ts';
import type { MethodService } from './method-service.ts';
import { noAnswer, pollMethod } from './poll-method.ts';
import type { LostTime, MethodPosition } from './position-kind.ts';

interface FollowMethodOptions
  extends Pick<
    FollowOptions,
    'stream' | 'signal' | 'silenceMs' | 'onEvent' | 'endWithFeed' | 'connectTimeoutMs' | 'logger'
  > {
  readonly channel: FeedChannel;
  readonly service: MethodService;
  readonly definition: PositionDefinition;
  readonly position: MethodPosition;
  /** The operator allows what the feed no longer has to be left out. */
  readonly acceptGap: boolean;
  readonly onSubscribe: () => void;
  /** When a checkpoint last told where the feed had been read to: ISO, UTC. */
  readonly since: string;
  /** Updates may be lost that the feed sent in this time. */
  readonly onLost: (lost: LostTime) => void;
}

/**
 * Reads a feed by its own method until the signal or, with `endWithFeed`, until the feed ends; after a break from where the last complete
 * slot or cursor was. Errors: those of `followFeed`.
 */
export function followMethod(options: FollowMethodOptions): Promise<'signal' | 'feed'> {
  const { channel, service, definition, position, signal, silenceMs, onEvent, logger } = options;
  const { address } = channel;
  const path = definition.kind === 'none' ? undefined : definition.request;
  /** Whether the feed is asked for its beginning, because it has refused the resume point. */
  let isAnew = false;
  const last = noAnswer();
  const resumeAt = () => (isAnew ? undefined : position.resume());
  const requestFrom = (value: string | undefined) => ({
    path: service.path,
    request: service.encodeRequest(path === undefined || value === undefined ? undefined : { path, value }),
  });
  const callFrom = (resume: string | undefined) => ({ service: service.name, method: service.method, resume });
  return keepReading(
    {
      ...options,
      address,
      place: () => position.slot,
      isWorthAnotherTry: (error) => {
        if (!isOutOfRange(error) || !options.acceptGap || isAnew) return false;
        isAnew = true;
        if (definition.kind === 'cursor') options.onLost({ from: options.since, to: new Date().toISOString() });
        return true;
      },
    },
    (read) => {
      const value = resumeAt();
      logger.info({ feed: address, method: service.method, from: value }, 'subscribing');
      options.onSubscribe();
      const onFirstEvent = () => {
        read();
        isAnew = false;
        const lost = position.subscribed();
        if (lost === undefined) return;
        logger.warn({ feed: address, ...lost }, 'the feed replays nothing: what it sent in between is lost');
        options.onLost(lost);
      };
      const watched = { address, signal, silenceMs, pingsCount: true, onFirstEvent, onEvent };
      const { pollSeconds } = service;
      if (pollSeconds === undefined || definition.kind === 'none') {
        const streamed = { ...requestFrom(value), readEvent: service.readEvent };
        return readWatched(watched, (ended, take) =>
          channel.read(streamed, { call: callFrom(value), signal: ended, onEvent: take }),
        );
      }
      const everyMs = pollSeconds * 1_000;
      const { kind } = definition;
      return readWatched({ ...watched, silenceMs: silenceMs + 2 * everyMs }, (ended, take) => {
        const ask = () => {
          const from = resumeAt();
          return channel.ask(requestFrom(from), { call: callFrom(from), signal: ended });
        };
        return pollMethod({ ...options, kind, last, ask, everyMs, signal: ended, onEvent: take });
      });
    },
  );
}
