import type { KafkaAdmin } from '../../core/kafka-admin.ts';
import { deadLetterTopic, rejectedTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { countOpen, type SourceCounts } from '../dead-letters/open-records.ts';
import type { CheckpointTail } from './checkpoint-tail.ts';
import type { KeptKafka } from './kept-kafka.ts';

/** The two topics are asked so often for their ends, and read so often at most. */
const COUNT_EVERY_MS = 15_000;
const READ_EVERY_MS = 60_000;

interface Counted {
  readonly open: SourceCounts;
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
  ): Promise<SourceCounts | undefined> => {
    const now = Date.now();
    const last = known.get(stream.name);
    if (last !== undefined && now - last.countedAt < COUNT_EVERY_MS) return last.open;
    const [rejected, deadLetters] = [rejectedTopic(stream), deadLetterTopic(stream)];
    if (!present.has(rejected) || !present.has(deadLetters)) return undefined;
    const counts = { rejected: await recordsIn(admin, rejected), deadLetters: await recordsIn(admin, deadLetters) };
    const from = `${counts.rejected}/${counts.deadLetters}/${tail.handledMarks(stream)}`;
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

const recordsIn = async (admin: KafkaAdmin, topic: string): Promise<bigint> =>
  (await admin.rangesOf(topic)).reduce((sum, { low, high }) => sum + high - low, 0n);
