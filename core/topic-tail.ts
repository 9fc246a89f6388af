import { randomUUID } from 'node:crypto';
import { createKafka, type KafkaConnection, kafkaUnreachable, withAdmin } from './kafka.ts';
import { ifRefused } from './kafka-rights.ts';
import { type ScannedRecord, scanned } from './topic-reader.ts';

/** Follows topics from their oldest records on, over one kept connection. */
export interface TopicTail {
  /** Next offset to be read of one partition; 0 before its first record. */
  next(topic: string, partition: number): bigint;
  /** Why it has ended by itself; undefined while it goes on. */
  failure(): unknown;
  /** Leaves no consumer group behind. */
  close(): Promise<void>;
}

/** A broker answers once it has so much, or after so long: not for each single record of a topic that always gets a few. */
const MIN_BYTES = 65_536;
const MAX_WAIT_MS = 500;

/** Opens a tail on topics that exist. `onRecords` gets them in the order of their partition. Errors: those of `kafkaUnreachable`. */
export async function openTopicTail(
  connection: KafkaConnection,
  clientId: string,
  topics: readonly string[],
  onRecords: (topic: string, records: readonly ScannedRecord[]) => void,
): Promise<TopicTail> {
  const groupId = `${clientId}-${randomUUID()}`;
  const waits = { minBytes: MIN_BYTES, maxWaitTimeInMs: MAX_WAIT_MS };
  const consumer = createKafka(connection, clientId).consumer({ groupId, allowAutoTopicCreation: false, ...waits });
  const positions = new Map<string, bigint>();
  let failure: unknown;
  const close = async (): Promise<void> => {
    await consumer.disconnect().catch(() => {});
    await withAdmin(connection, clientId, (admin) => admin.deleteGroup(groupId)).catch(() => {});
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) failure = ifRefused(`read topics ${topics.join(', ')}, as group ${groupId}`, payload.error);
    });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        const { topic, partition } = batch;
        const records = batch.messages.map((message) => scanned(partition, message));
        onRecords(topic, records);
        positions.set(`${topic}/${partition}`, BigInt(batch.lastOffset()) + 1n);
      },
    });
  } catch (error) {
    await close();
    throw kafkaUnreachable(connection, error);
  }
  return {
    next: (topic, partition) => positions.get(`${topic}/${partition}`) ?? 0n,
    failure: () => failure,
    close,
  };
}
