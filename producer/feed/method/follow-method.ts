import type { PositionDefinition } from '../../../pipeline/feed.ts';
import type { FeedChannel } from '../client.ts';
import { isOutOfRange } from '../errors.ts';
import { type FollowOptions, keepReading } from '../follow.ts';
import { readWatched } from '../session.ts';
import type { MethodService } from './method-service.ts';
import { pollMethod } from './poll-method.ts';
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
      const value = isAnew ? undefined : position.resume();
      const resume = path === undefined || value === undefined ? undefined : { path, value };
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
      const call = { service: service.name, method: service.method, resume: value };
      const { pollSeconds } = service;
      if (pollSeconds !== undefined && definition.kind !== 'none') {
        const everyMs = pollSeconds * 1_000;
        const watched = {
          address,
          signal,
          silenceMs: silenceMs + 2 * everyMs,
          pingsCount: true,
          onFirstEvent,
          onEvent,
        };
        return readWatched(watched, (ended, take) => {
          const next = () => (isAnew ? undefined : position.resume());
          const ask = () => {
            const from = next();
            const request = service.encodeRequest(
              path === undefined || from === undefined ? undefined : { path, value: from },
            );
            return channel.ask({ path: service.path, request }, { call: { ...call, resume: from }, signal: ended });
          };
          return pollMethod({ ...options, kind: definition.kind, ask, everyMs, signal: ended, onEvent: take });
        });
      }
      const streamed = { path: service.path, request: service.encodeRequest(resume), readEvent: service.readEvent };
      return readWatched({ address, signal, silenceMs, pingsCount: true, onFirstEvent, onEvent }, (ended, take) =>
        channel.read(streamed, { call, signal: ended, onEvent: take }),
      );
    },
  );
}
