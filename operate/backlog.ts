import { type OffsetReader, positionsIn, type SinkPosition } from '../connectors/sink-group.ts';
import type { PartitionRange } from '../core/kafka-admin.ts';
import { deadLetterTopic, rejectedTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { firstOffsets } from './dead-letters/deleted-updates.ts';
import { unreadGaps } from './gaps.ts';

/** Where the sink stands in one partition. */
export type PartitionLag = Omit<SinkPosition, 'low'>;

/**
 * Counts the records of a stream that are not in its table: what the sink has still to read (nothing without the topic) and would
 * jump over when it starts, the refused updates and the dead-letter records.
 */
export async function readBacklog(admin: OffsetReader, stream: StreamDefinition) {
  const rangesOf = async (topic: string): Promise<readonly PartitionRange[]> => (await admin.ranges(topic)) ?? [];
  const recordsIn = (ranges: readonly PartitionRange[]): bigint =>
    ranges.reduce((sum, { low, high }) => sum + high - low, 0n);
  const [positions = [], rejected, deadLetters] = await Promise.all([
    positionsIn(admin, stream),
    rangesOf(rejectedTopic(stream)),
    rangesOf(deadLetterTopic(stream)),
  ]);
  const partitions: PartitionLag[] = positions.map(({ partition, committed, end, lag }) => ({
    partition,
    committed,
    end,
    lag,
  }));
  return {
    partitions,
    gaps: unreadGaps(positions),
    rejected: recordsIn(rejected),
    rejectedFrom: firstOffsets(rejected),
    deadLetters: recordsIn(deadLetters),
  };
}
