import type { Logger } from '../core/log.ts';
import type { FeedConnection } from '../pipeline/connections.ts';
import { type ReadPosition, requireAdapter, requireFeed } from '../pipeline/feed.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AdapterService } from './adapter/adapter-service.ts';
import { followAdapter } from './adapter/follow-adapter.ts';
import { closeFeed, openAdapter } from './adapter/open-adapter.ts';
import { openChannel, openFeed, type SubscribeOptions } from './feed/client.ts';
import { type Commitment, DEFAULT_COMMITMENT } from './feed/event.ts';
import type { AnyFeedService } from './feed/feed-service.ts';
import { followFeed } from './feed/follow.ts';
import { followMethod } from './feed/method/follow-method.ts';
import { createMethodPosition, requireKind } from './feed/method/method-position.ts';
import type { MethodService } from './feed/method/method-service.ts';
import type { LostTime, MethodPosition } from './feed/method/position-kind.ts';
import { createFeedPosition, type FeedPosition } from './feed/position.ts';
import type { FeedService } from './feed/protocol.ts';
import type { Gap } from './feed/resume.ts';
import { requireSlots } from './feed/until-slot.ts';
import type { ResumePoint } from './kafka/checkpoint.ts';
import { plainSource } from './record/field-source.ts';

/** What of a run is about its feed. */
export interface ReadingOptions {
  readonly stream: StreamDefinition;
  /** The folder that the definition's paths are relative to. */
  readonly root: string;
  readonly feed: FeedConnection;
  readonly logger: Logger;
  /** Default `finalized`. */
  readonly commitment?: Commitment | undefined;
  /** Start here instead of at the checkpoint. */
  readonly fromSlot?: bigint | undefined;
  /** Publish up to this slot, itself included, and end when the feed has gone on beyond it. */
  readonly untilSlot?: bigint | undefined;
  /** Slots before the resume point that are read again. Default 32; a feed with a method of its own is asked for none. */
  readonly overlapSlots?: bigint | undefined;
  /** Leave out what the feed no longer has, and record that. Default false: stop with an error. */
  readonly acceptGap?: boolean | undefined;
  /** End when the feed ends its stream normally. Default false: connect again. */
  readonly endWithFeed?: boolean | undefined;
  /** How long the feed may send neither update nor new slot before it is connected to anew. Default 30 s. */
  readonly silenceMs?: number | undefined;
}

/** What a run does while it reads. */
interface ReadingHooks extends Pick<SubscribeOptions, 'signal' | 'onEvent'> {
  /** A subscription begins: at a slot where the feed has them; slots before it are left out by choice. */
  readonly onSubscribe: (slot: bigint | undefined, gap: Gap | undefined) => void;
  readonly onGap: (gap: Gap) => void;
  readonly onLost: (lost: LostTime) => void;
}

/** A feed that is read from where the last run stopped. */
export interface FeedReading {
  readonly address: string;
  readonly position: FeedPosition;
  /** Where the updates say their slots; undefined for a feed without slots. */
  readonly slotField: string | undefined;
  /** Checkpoints are written beyond it only. */
  readonly floor: bigint | undefined;
  readonly commitment: Commitment | undefined;
  readonly place: MethodPosition['place'] | undefined;
  readonly take: MethodPosition['take'] | undefined;
  follow(hooks: ReadingHooks): Promise<'signal' | 'feed'>;
  close(): void;
}

/** How long to try to reach the feed at the start; a feed lost later is tried for ever. */
const CONNECT_TIMEOUT_MS = 15_000;
const SILENCE_MS = 30_000;
/** Before the resume point. */
export const OVERLAP_SLOTS = 32n;

/** Opens the way to a feed. Errors: UNSAFE for a checkpoint that the feed cannot go on from; USAGE. */
export async function openReading(
  options: ReadingOptions,
  service: AnyFeedService,
  checkpoint: ResumePoint | undefined,
): Promise<FeedReading> {
  switch (service.kind) {
    case 'replay':
      return slotReading(options, service, checkpoint);
    case 'method':
      return methodReading(options, service, checkpoint);
    case 'adapter':
      return adapterReading(options, service, checkpoint);
  }
}

const commonOptions = ({ endWithFeed = false, silenceMs = SILENCE_MS, logger }: ReadingOptions) => ({
  endWithFeed,
  silenceMs,
  logger,
  connectTimeoutMs: CONNECT_TIMEOUT_MS,
});

/** A feed of our own shape: slots with notices, and a replay window. */
function slotReading(options: ReadingOptions, service: FeedService, checkpoint: ResumePoint | undefined): FeedReading {
  const {
    stream,
    fromSlot,
    commitment = DEFAULT_COMMITMENT,
    overlapSlots = OVERLAP_SLOTS,
    acceptGap = false,
    logger,
  } = options;
  if (fromSlot === undefined) requireKind(stream.name, checkpoint, 'slot');
  const feed = openFeed({ ...options.feed, service });
  // An operator's start is the stream's new place, even if it lies before the old one: reading again loses nothing.
  const floor = fromSlot === undefined ? checkpoint?.slot : undefined;
  const warn = (said: Readonly<Record<string, bigint>>, message: string) =>
    logger.warn({ feed: feed.address, ...textsOf(said) }, message);
  const position = createFeedPosition(
    floor,
    (updated, confirmed) => warn({ updated, confirmed }, FAR_AHEAD),
    (updated, confirmed) => warn({ updated, confirmed }, LATE),
  );
  const start = { checkpoint: checkpoint?.slot, fromSlot, overlapSlots, acceptGap };
  return {
    address: feed.address,
    position,
    slotField: plainSource('slot', service.mapping) ?? 'slot',
    floor,
    commitment,
    place: undefined,
    take: undefined,
    follow: (hooks) =>
      followFeed({ ...commonOptions(options), ...hooks, stream: stream.name, feed, position, start, commitment }),
    close: feed.close,
  };
}

/** A feed with a method of its own. */
function methodReading(
  options: ReadingOptions,
  service: MethodService,
  checkpoint: ResumePoint | undefined,
): FeedReading {
  const definition = requireFeed(options.stream).position ?? { kind: 'none' };
  const channel = openChannel(options.feed);
  const feed = { address: channel.address, close: channel.close };
  return positionReading(options, { ...feed, definition, checkpoint }, (common) =>
    followMethod({ ...common, stream: options.stream.name, channel, service, definition }),
  );
}

/** A feed that a module of the project reads. */
async function adapterReading(
  options: ReadingOptions,
  service: AdapterService,
  checkpoint: ResumePoint | undefined,
): Promise<FeedReading> {
  const { stream, root, feed: connection, logger } = options;
  const adapter = requireAdapter(stream);
  const definition = adapter.position;
  const feed = await openAdapter({ root, stream: stream.name, adapter, connection, logger });
  const close = () => void closeFeed(feed);
  return positionReading(options, { address: feed.address, close, definition, checkpoint }, (common) =>
    followAdapter({ ...common, stream: stream.name, feed, service, definition }),
  );
}

/** What a feed has that is resumed by its updates. */
interface PositionedFeed {
  readonly address: string;
  readonly close: () => void;
  readonly definition: ReadPosition;
  readonly checkpoint: ResumePoint | undefined;
}

/** What following such a feed takes, whoever reads it. */
type PositionedFollow = ReturnType<typeof commonOptions> &
  Omit<ReadingHooks, 'onSubscribe'> & {
    readonly position: MethodPosition;
    readonly acceptGap: boolean;
    readonly since: string;
    readonly onSubscribe: () => void;
  };

function positionReading(
  options: ReadingOptions,
  { address, close, definition, checkpoint }: PositionedFeed,
  follow: (common: PositionedFollow) => Promise<'signal' | 'feed'>,
): FeedReading {
  const { stream, fromSlot, acceptGap = false, logger } = options;
  let hear: Pick<ReadingHooks, 'onGap' | 'onLost'> = { onGap: () => {}, onLost: () => {} };
  const since = checkpoint?.at ?? new Date().toISOString();
  const position = createMethodPosition(stream.name, definition, {
    place: checkpoint,
    fromSlot,
    acceptGap,
    onGap: (from, to) => hear.onGap({ from, to }),
    onReset: () => hear.onLost({ from: since, to: new Date().toISOString() }),
    onLead: (sent, slot) =>
      logger.warn(
        { feed: address, sent: sent.toString(), slot: slot.toString() },
        'an update is far ahead of the others; the resume point waits for a second one',
      ),
  });
  const hasSlots = definition.kind === 'slot';
  if (options.untilSlot !== undefined) requireSlots(stream.name, definition.kind);
  return {
    address,
    position: {
      ...NO_NOTICES,
      get slot() {
        return position.slot;
      },
    },
    slotField: definition.kind === 'slot' ? definition.field : undefined,
    floor: hasSlots && fromSlot === undefined ? checkpoint?.slot : undefined,
    commitment: undefined,
    place: position.place,
    take: position.take,
    follow: (hooks) => {
      hear = hooks;
      const onSubscribe = () => hooks.onSubscribe(hasSlots ? position.slot : undefined, undefined);
      return follow({ ...commonOptions(options), ...hooks, position, acceptGap, since, onSubscribe });
    },
    close,
  };
}

const FAR_AHEAD =
  'an update is far ahead of the slot that the feed has confirmed; the resume point waits for slot notices';
const LATE = 'an update came after the feed had gone on beyond its slot; such updates are counted, and told once';

const textsOf = (slots: Readonly<Record<string, bigint>>): Record<string, string> =>
  Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, slot.toString()]));

/** Only updates move the position of such a feed. */
const NO_NOTICES = { subscribed: () => {}, noticed: () => {}, updated: () => false };
