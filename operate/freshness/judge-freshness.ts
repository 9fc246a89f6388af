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
  readonly committed: readonly Committed[];
  /** Records that Kafka deleted before the sink read them: those that somebody has accepted, and whether there are others. */
  readonly accepted: readonly { readonly partition: number; readonly from: bigint; readonly to: bigint }[];
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
  const isAnew = facts.committed.some(({ committed = 0n, end }) => committed > end);
  const reached = isAnew ? [] : candidates.filter(({ ends }) => isReached(ends, facts.committed));
  const best = reached.reduce<ReadPoint | undefined>((one, next) => (isFurther(next, one) ? next : one), undefined);
  const slot = kind === 'slot' ? best?.slot : undefined;
  return {
    completeToSlot: slot === undefined ? undefined : slot - 1n,
    completeToCursor: kind === 'cursor' ? best?.cursor : undefined,
    completeToTime: best?.time,
    completeAt: best?.at,
    newestSlot: newest?.slot,
    missing: kind === 'slot' ? missingSlots(facts, best) : [],
    ends: best?.ends,
    reason: reasonFor(facts, best, isAnew),
  };
}

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

function missingSlots({ points, backfills, committed, accepted, known }: FreshnessFacts, best: ReadPoint | undefined) {
  const leftOut = points.at(-1)?.gaps ?? [];
  const deleted = best === undefined ? [] : deletedSlots(best, { points, accepted, known });
  const filled = backfills.filter(({ ends }) => isReached(ends, committed));
  return without(unionOf([...(known?.missing ?? []), ...leftOut, ...deleted]), filled);
}

/** The slots between what was proved before and what is now, where the sink was started behind deleted records in between. */
function deletedSlots(
  best: ReadPoint,
  { points, accepted, known }: Pick<FreshnessFacts, 'points' | 'accepted' | 'known'>,
): SlotRange[] {
  const { slot, ends = [] } = best;
  if (slot === undefined) return [];
  const isCrossed = accepted.some(
    ({ partition, from, to }) => (ends[partition] ?? 0n) > from && (known?.ends?.[partition] ?? 0n) <= to,
  );
  if (!isCrossed) return [];
  const next = points.find((point) => point.slot !== undefined && point.slot > slot)?.slot ?? slot;
  const before = known?.completeToSlot;
  return [{ from: before === undefined ? undefined : before + 1n, to: next - 1n + LEAD_SLOTS }];
}

function reasonFor(facts: FreshnessFacts, best: ReadPoint | undefined, isAnew: boolean): string | undefined {
  const { kind, points, hasOpenGap } = facts;
  if (kind === undefined) return 'others write the topic: no checkpoint says how far they are';
  if (points.length === 0 && best === undefined) return 'no producer has written a checkpoint';
  if (isAnew) return 'the topic was created anew, and the sink is beyond its end';
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
