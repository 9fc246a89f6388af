import { type OffsetReader, positionsIn, type SinkPosition } from '../connectors/sink-group.ts';
import { deadLetterTopic, rejectedTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { type Gap, unreadGaps } from './gaps.ts';

/** Where the sink stands in one partition. */
export type PartitionLag = Omit<SinkPosition, 'low'>;

/** Records of a stream that are not in its table, by the topic they stand in. */
export interface Backlog {
  /** Empty without the topic. */
  readonly partitions: readonly PartitionLag[];
  /** What the sink would jump over when it starts. */
  readonly gaps: readonly Gap[];
  readonly rejected: bigint;
  readonly deadLetters: bigint;
}

/** Counts what the sink has still to read, the refused updates and the dead-letter records. */
export async function readBacklog(admin: OffsetReader, stream: StreamDefinition): Promise<Backlog> {
  const recordsIn = async (topic: string): Promise<bigint> =>
    ((await admin.ranges(topic)) ?? []).reduce((sum, { low, high }) => sum + high - low, 0n);
  const [positions = [], rejected, deadLetters] = await Promise.all([
    positionsIn(admin, stream),
    recordsIn(rejectedTopic(stream)),
    recordsIn(deadLetterTopic(stream)),
  ]);
  const partitions = positions.map(({ partition, committed, end, lag }) => ({ partition, committed, end, lag }));
  return { partitions, gaps: unreadGaps(positions), rejected, deadLetters };
}
