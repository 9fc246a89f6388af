import type { PositionKind } from '../../pipeline/feed.ts';
import type { Backfill, ReadPoint } from './read-points.ts';
import { type SlotRange, unionOf, without } from './slot-ranges.ts';

/** Up to where a stream's table is complete: all that the producer has read up to there is in the table, the rejected topic or the dead-letter topic. */
export interface Freshness {
  /** Undefined for a feed without slots, and while nothing is proved. */
  readonly completeToSlot: bigint | undefined;
  /** The same for a feed with cursors. */
  readonly completeToCursor: string | undefined;
  /** The newest time that an update up to there names: ISO, UTC. */
  readonly completeToTime: string | undefined;
  /** When the producer wrote that it had read the feed up to there: ISO, UTC. */
  readonly completeAt: string | undefined;
  /** The slot that the producer's newest checkpoint has reached. */
  readonly newestSlot: bigint | undefined;
  /** Slots of which updates may be missing: left out by choice, or deleted by Kafka before the sink read them. */
  readonly missing: readonly SlotRange[];
  /** The proof: by partition, the offset that the sink had to commit. */
  readonly ends: readonly bigint[] | undefined;
  /** Why nothing more can be said. */
  readonly reason: string | undefined;
}

/** Where a sink stands in one partition. */
export interface Committed {
  readonly partition: number;
  readonly committed: bigint | undefined;
  readonly end: bigint;
}

export interface FreshnessFacts {
  /** Undefined: others write the topic. */
  readonly kind: PositionKind | undefined;
  /** The producer's checkpoints, oldest first. */
  readonly points: readonly ReadPoint[];
  /** Backfills that have ended. */
  readonly backfills: readonly Backfill[];
  /** Not newer than the rest: a mark about records that were skipped is written before the sink goes on behind them. */
  readonly committed: readonly Committed[];
  /** Records that the sink has not read, as somebody knows. */
  readonly unread: readonly { readonly partition: number; readonly from: bigint; readonly to: bigint }[];
  /** Whether there are others, which Kafka deleted. */
  readonly hasOpenGap: boolean;
  /** What was found before, which proves as much as a checkpoint does. */
  readonly known: Freshness | undefined;
}

/** How far records in flight may be ahead of their checkpoint; the same as what a start reads again. */
const LEAD_SLOTS = 32n;

/**
 * Decides up to where the table is complete: up to the furthest checkpoint whose offsets the sink has committed. A checkpoint stands behind what
 * Kafka has acknowledged, and a sink commits what PostgreSQL has. Its own slot may have been read in part.
 */
export function judgeFreshness(facts: FreshnessFacts): Freshness {
  const { kind, points, known } = facts;
  const newest = points.at(-1);
  const candidates = [...pointOf(known), ...points];
  const isAnew = isTopicAnew(facts);
  const reached = isAnew ? [] : candidates.filter(({ ends }) => isReached(ends, facts.committed));
  const best = reached.reduce<ReadPoint | undefined>((one, next) => (isFurther(next, one) ? next : one), undefined);
  const slot = kind === 'slot' ? best?.slot : undefined;
  return {
    completeToSlot: slot === undefined ? undefined : slot - 1n,
    completeToCursor: kind === 'cursor' ? best?.cursor : undefined,
    completeToTime: best?.time,
    completeAt: best?.at,
    newestSlot: newest?.slot,
    missing: kind === 'slot' ? missingSlots(facts, best, isAnew) : [],
    ends: best?.ends,
    reason: reasonFor(facts, best, isAnew),
  };
}

/** A topic never ends before what a sink has committed, or what was proved of it. */
const isTopicAnew = ({ committed, known }: FreshnessFacts): boolean =>
  committed.some(({ partition, committed: next = 0n, end }) => next > end || (known?.ends?.[partition] ?? 0n) > end);

const pointOf = (known: Freshness | undefined): ReadPoint[] => {
  if (known?.ends === undefined || known.completeAt === undefined) return [];
  const { completeToSlot, completeToCursor: cursor, completeToTime: time, completeAt: at, ends } = known;
  return [{ slot: completeToSlot === undefined ? undefined : completeToSlot + 1n, cursor, time, at, ends, gaps: [] }];
};

/** Whether a sink has committed everything before these offsets. A partition that it has never committed in must be empty. */
const isReached = (ends: readonly bigint[] | undefined, committed: readonly Committed[]): boolean =>
  ends?.every((end, partition) => end <= (committed.find((one) => one.partition === partition)?.committed ?? 0n)) ===
  true;

/** Without slots, what was written later is further. */
const isFurther = (next: ReadPoint, one: ReadPoint | undefined): boolean =>
  one?.slot === undefined || next.slot === undefined || next.slot >= one.slot;

function missingSlots(facts: FreshnessFacts, best: ReadPoint | undefined, isAnew: boolean): SlotRange[] {
  const { points, backfills, committed, known } = facts;
  const newest = points.at(-1);
  const leftOut = newest?.gaps ?? [];
  const lost = isAnew ? since(known, newest?.slot) : unreadSlots(facts, best);
  const filled = backfills.filter(({ ends }) => isReached(ends, committed));
  return without(unionOf([...(known?.missing ?? []), ...leftOut, ...lost]), filled);
}

/** All after what was proved before, up to a slot and a little more. */
const since = (known: Freshness | undefined, slot: bigint | undefined): SlotRange[] => {
  const before = known?.completeToSlot;
  return slot === undefined
    ? []
    : [{ from: before === undefined ? undefined : before + 1n, to: slot - 1n + LEAD_SLOTS }];
};

/** The slots between what was proved before and what is now, where the sink has gone on behind records that it has not read. */
function unreadSlots({ points, unread, known }: FreshnessFacts, best: ReadPoint | undefined): SlotRange[] {
  const { slot, ends = [] } = best ?? {};
  if (slot === undefined) return [];
  const isCrossed = unread.some(
    ({ partition, from, to }) => (ends[partition] ?? 0n) > from && (known?.ends?.[partition] ?? 0n) <= to,
  );
  // Records of later slots may stand before the offsets of a checkpoint.
  const next = points.find((point) => point.slot !== undefined && point.slot > slot)?.slot;
  return isCrossed ? since(known, next ?? slot) : [];
}

function reasonFor(facts: FreshnessFacts, best: ReadPoint | undefined, isAnew: boolean): string | undefined {
  const { kind, points, hasOpenGap } = facts;
  if (kind === undefined) return 'others write the topic: no checkpoint says how far they are';
  if (points.length === 0 && best === undefined) return 'no producer has written a checkpoint';
  if (isAnew) return 'the topic was created anew: what the sink had not read of the old one is lost';
  if (hasOpenGap) return 'Kafka deleted records before the sink read them, and nobody has accepted that';
  if (best !== undefined) {
    if (kind === 'slot') return undefined;
    return kind === 'cursor'
      ? 'its feed has no slots'
      : 'its feed replays nothing: what it sends while nobody reads is lost';
  }
  if (points.at(-1)?.ends === undefined)
    return 'the checkpoints name no offsets: the producer is of an earlier version of this package';
  return 'the sink has not committed the offsets of any checkpoint that Kafka still has';
}
