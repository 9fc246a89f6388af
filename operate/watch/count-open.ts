import type { KafkaAdmin, PartitionRange } from '../../core/kafka-admin.ts';
import { deadLetterTopic, rejectedTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { deletedUpdates, firstOffsets } from '../dead-letters/deleted-updates.ts';
import { countOpen, type OpenCounts } from '../dead-letters/open-records.ts';
import type { CheckpointTail } from './checkpoint-tail.ts';
import type { KeptKafka } from './kept-kafka.ts';

/** The two topics are asked so often for their ends, and read so often at most. */
const COUNT_EVERY_MS = 15_000;
const READ_EVERY_MS = 60_000;

interface Counted {
  readonly open: OpenCounts;
  /** What it was counted from. */
  readonly from: string;
  readonly countedAt: number;
  readonly readAt: number;
}

/** Counts the open refused updates and dead-letter records of streams; the topics are read only when something of them has changed. */
export function createOpenCounter(kafka: KeptKafka, tail: Pick<CheckpointTail, 'handledMarks'>) {
  const known = new Map<string, Counted>();
  return async (
    admin: KafkaAdmin,
    stream: StreamDefinition,
    present: ReadonlySet<string>,
  ): Promise<OpenCounts | undefined> => {
    const now = Date.now();
    const last = known.get(stream.name);
    if (last !== undefined && now - last.countedAt < COUNT_EVERY_MS) return last.open;
    const [rejected, deadLetters] = [rejectedTopic(stream), deadLetterTopic(stream)];
    if (!present.has(rejected) || !present.has(deadLetters)) return undefined;
    const ranges = await admin.rangesOf(rejected);
    const rejectedFrom = firstOffsets(ranges);
    const counts = {
      rejected: recordsIn(ranges),
      deadLetters: recordsIn(await admin.rangesOf(deadLetters)),
      rejectedFrom,
    };
    const from = `${counts.rejected}/${deletedUpdates(rejectedFrom)}/${counts.deadLetters}/${tail.handledMarks(stream)}`;
    const isKnown = last !== undefined && (last.from === from || now - last.readAt < READ_EVERY_MS);
    const open = isKnown ? last.open : await countOpen({ stream, kafka: kafka.connection }, counts, { each: 'record' });
    known.set(stream.name, {
      open,
      from: isKnown ? last.from : from,
      countedAt: now,
      // Empty topics were not read.
      readAt: isKnown ? last.readAt : counts.rejected + counts.deadLetters === 0n ? 0 : now,
    });
    return open;
  };
}

const recordsIn = (ranges: readonly PartitionRange[]): bigint =>
  ranges.reduce((sum, { low, high }) => sum + high - low, 0n);
