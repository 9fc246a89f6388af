import type { SinkPosition } from '../connectors/sink-group.ts';
import { ifFound } from '../core/errors.ts';
import type { PartitionRange } from '../core/kafka-admin.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { createMarks, type Marks } from './marks.ts';
import type { StreamSource } from './read-records.ts';
import type { PartitionRows } from './verify-table.ts';

/** Records that Kafka deleted before the sink read them, both offsets included. */
export interface Gap {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** A gap that somebody has accepted: the sink was started behind it. */
export interface AcceptedGap extends Gap {
  /** ISO, UTC. */
  readonly at: string;
}

/** An accepted gap as it is kept, with its offsets as text. */
export type GapMark = Omit<AcceptedGap, 'from' | 'to'> & Readonly<Record<'from' | 'to', string>>;

/** The forms of its fields. */
export const GAP_FORMS = { partition: /^\d+$/, from: /^\d+$/, to: /^\d+$/ } as const;

/** The accepted gaps of a stream, by partition and first offset. */
export const gapMarks = (source: StreamSource): Marks<GapMark> => createMarks<GapMark>(source, 'gap', GAP_FORMS);

/** All accepted gaps of a stream, oldest first; none without the topic of marks. Errors: UNREACHABLE. */
export async function readAcceptedGaps(
  source: StreamSource,
  marks: Pick<Marks<GapMark>, 'read'> = gapMarks(source),
): Promise<AcceptedGap[]> {
  const found = [...((await ifFound(marks.read())) ?? new Map<string, GapMark>()).values()];
  return found
    .sort((a, b) => (a.at < b.at ? -1 : 1))
    .map(({ partition, from, to, at }) => ({ partition, from: BigInt(from), to: BigInt(to), at }));
}

/** What a sink would jump over when it starts: a partition's next offset is no longer there, so Kafka sends it later records. */
export const unreadGaps = (positions: readonly SinkPosition[]): Gap[] =>
  positions.flatMap(({ partition, committed, low }) =>
    committed !== undefined && committed < low ? [{ partition, from: committed, to: low - 1n }] : [],
  );

/** Those that nobody has accepted. A sink commits nothing in a partition without new records: there its old offset goes on showing. */
export const openGaps = (gaps: readonly Gap[], accepted: readonly Gap[]): Gap[] =>
  gaps.filter(
    ({ partition, from, to }) =>
      !accepted.some((known) => known.partition === partition && known.from === from && known.to >= to),
  );

/** `records 1000 to 1999 of positions-0`. */
export const gapText = ({ topic }: Pick<StreamDefinition, 'topic'>, gap: Gap): string =>
  `records ${gap.from} to ${gap.to} of ${topic.name}-${gap.partition}`;

/** What the rows show of a hole right before what the topic still has. */
export interface ShownGap extends Gap {
  /**
   * `lost`: no row of this partition has ever moved to a later delivery, so the records were never read. `cannot-tell`: they
   * may as well have been delivered again later. `accepted`: somebody knows.
   */
  readonly state: 'lost' | 'accepted' | 'cannot-tell';
}

/**
 * Holes between the rows of deleted records and the first record that the topic has, and the accepted gaps of which the rows
 * show nothing any more. `resent`: partitions in which a row names a later delivery of its record, which leaves a hole where
 * the first one stood.
 */
export function gapsBefore(
  partitions: readonly PartitionRows[],
  ranges: readonly PartitionRange[],
  resent: ReadonlySet<number>,
  accepted: readonly AcceptedGap[],
): ShownGap[] {
  const shown = partitions.flatMap(({ partition, before, firstBefore, lastBefore, last }): ShownGap[] => {
    const low = ranges.find((range) => range.partition === partition)?.low;
    if (low === undefined || firstBefore === undefined || lastBefore === undefined || last < low) return [];
    const gap = { partition, from: lastBefore + 1n, to: low - 1n };
    if (gap.from > gap.to) return [];
    // What was deleted after somebody accepted a gap is not accepted with it.
    const isAccepted = accepted.some((known) => overlaps(known, gap) && known.to >= gap.to);
    const isWhole = BigInt(before) === lastBefore - firstBefore + 1n && !resent.has(partition);
    return [{ ...gap, state: isAccepted ? 'accepted' : isWhole ? 'lost' : 'cannot-tell' }];
  });
  const others = accepted.filter((known) => !shown.some((gap) => overlaps(known, gap)));
  return [...shown, ...others.map(({ at: _at, ...gap }) => ({ ...gap, state: 'accepted' as const }))];
}

const overlaps = (one: Gap, other: Gap): boolean =>
  one.partition === other.partition && one.from <= other.to && one.to >= other.from;
