import type { PartitionRange } from '../core/kafka-admin.ts';
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
export interface GapMark {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
  /** ISO, UTC. */
  readonly at: string;
}

/** The accepted gaps of a stream, by partition and first offset. */
export const gapMarks = (source: StreamSource): Marks<GapMark> =>
  createMarks<GapMark>(source, 'gap', { partition: /^\d+$/, from: /^\d+$/, to: /^\d+$/ });

/** All accepted gaps of a stream, oldest first. */
export async function readAcceptedGaps(source: StreamSource): Promise<GapMark[]> {
  const marks = [...(await gapMarks(source).read()).values()];
  return marks.sort((a, b) => (a.at < b.at ? -1 : 1));
}

/** What the rows show of a hole right before what the topic still has. */
export interface ShownGap extends Gap {
  /**
   * `lost`: no row of this partition has ever moved to a later delivery, so the records were never read. `cannot-tell`: they
   * may as well have been delivered again later. `accepted`: somebody knows.
   */
  readonly state: 'lost' | 'accepted' | 'cannot-tell';
}

/**
 * Holes between the rows of deleted records and the first record that the topic has. `resent`: partitions in which a row names
 * a later delivery of its record, which leaves a hole where the first one stood.
 */
export function gapsBefore(
  partitions: readonly PartitionRows[],
  ranges: readonly PartitionRange[],
  resent: ReadonlySet<number>,
  accepted: readonly GapMark[],
): ShownGap[] {
  return partitions.flatMap(({ partition, before, firstBefore, lastBefore, last }) => {
    const low = ranges.find((range) => range.partition === partition)?.low;
    if (low === undefined || firstBefore === undefined || lastBefore === undefined || last < low) return [];
    const gap = { partition, from: lastBefore + 1n, to: low - 1n };
    if (gap.from > gap.to) return [];
    const isAccepted = accepted.some((mark) => mark.partition === partition && overlaps(mark, gap));
    const isWhole = BigInt(before) === lastBefore - firstBefore + 1n && !resent.has(partition);
    return [{ ...gap, state: isAccepted ? 'accepted' : isWhole ? 'lost' : 'cannot-tell' }];
  });
}

const overlaps = (mark: GapMark, gap: Gap): boolean => BigInt(mark.from) <= gap.to && BigInt(mark.to) >= gap.from;
