import { ConnectError } from '../../core/errors.ts';
import type { ReadPosition } from '../../pipeline/feed.ts';
import { type FollowOptions, keepReading } from '../feed/follow.ts';
import { wholeText } from '../feed/long.ts';
import type { LostTime, MethodPosition } from '../feed/method/position-kind.ts';
import { readWatched } from '../feed/session.ts';
import type { AdapterService } from './adapter-service.ts';
import type { Feed, ReplayWindow } from './feed.ts';
import { failure } from './open-adapter.ts';
import { readAdapter } from './read-adapter.ts';

interface FollowAdapterOptions
  extends Pick<
    FollowOptions,
    'stream' | 'signal' | 'silenceMs' | 'onEvent' | 'endWithFeed' | 'connectTimeoutMs' | 'logger'
  > {
  readonly feed: Feed;
  readonly service: AdapterService;
  readonly definition: ReadPosition;
  readonly position: MethodPosition;
  readonly acceptGap: boolean;
  /** When a checkpoint last told where the feed had been read to: ISO, UTC. */
  readonly since: string;
  readonly onSubscribe: () => void;
  readonly onLost: (lost: LostTime) => void;
}

/**
 * Reads a module's feed until the signal or, with `endWithFeed`, until it ends; after a break from the last position that Kafka has. Errors:
 * UNSAFE when the feed no longer has that position; what the module throws as fatal; REFUSED for what is no message.
 */
export function followAdapter(options: FollowAdapterOptions): Promise<'signal' | 'feed'> {
  const { feed, service, position, signal, silenceMs, onEvent, logger } = options;
  return keepReading(
    { ...options, address: feed.address, place: () => position.slot, isWorthAnotherTry: () => false },
    async (read) => {
      const resume = await resumeWithin(options);
      logger.info({ feed: feed.address, module: service.name, from: resume }, 'subscribing');
      options.onSubscribe();
      const onFirstEvent = () => {
        read();
        const lost = position.subscribed();
        if (lost === undefined) return;
        logger.warn({ feed: feed.address, ...lost }, 'the feed replays nothing: what it sent in between is lost');
        options.onLost(lost);
      };
      return readWatched({ address: feed.address, signal, silenceMs, onFirstEvent, onEvent }, (ended, take) =>
        readAdapter({ feed, service, resume, signal: ended, onEvent: take }),
      );
    },
  );
}

/** Where to go on; the beginning of the window where the operator allows what lies before it to be left out. */
async function resumeWithin(options: FollowAdapterOptions): Promise<string | undefined> {
  const { stream, feed, service, definition, position, signal, acceptGap, since, onLost, logger } = options;
  const resume = position.resume();
  if (resume === undefined || feed.replayWindow === undefined) return resume;
  let window: ReplayWindow | undefined;
  try {
    window = await feed.replayWindow(signal);
  } catch (error) {
    throw failure(service.name, error);
  }
  if (window === undefined || !liesBefore(resume, window)) return resume;
  if (!acceptGap) throw outsideWindow(stream, feed.address, resume, window);
  const lost = { from: since, to: new Date().toISOString() };
  logger.warn(
    { feed: feed.address, resume, earliest: window.earliest, ...lost },
    'leaving out updates by explicit choice',
  );
  // Of slots the first update tells how many are missing.
  if (definition.kind === 'cursor') onLost(lost);
  return window.earliest;
}

/** Texts have no order that we know. */
function liesBefore(resume: string, { earliest }: ReplayWindow): boolean {
  const [asked, first] = [wholeText(resume), wholeText(earliest)];
  return asked !== undefined && first !== undefined && asked < first;
}

const outsideWindow = (stream: string, address: string, resume: string, { earliest }: ReplayWindow): ConnectError =>
  new ConnectError(
    'UNSAFE',
    `stream ${stream} must be read from ${resume}, but the feed at ${address} replays from ${earliest} on: what lies between would be missing`,
    {
      details: { resume, earliest, address },
      hint: 'the checkpoint is kept; read what is missing from another feed, or leave it out with --accept-gap, which records the gap',
    },
  );
