import { randomUUID } from 'node:crypto';
import type { KafkaMessage } from 'kafkajs';
import { createKafka, type KafkaConnection, kafkaUnreachable, withAdmin } from './kafka.ts';
import type { RecordHeaders } from './kafka-headers.ts';
import { ifRefused, withRight } from './kafka-rights.ts';

/** One record as it stands in its partition. */
export interface ScannedRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
  readonly timestampMs: number;
}

/** Records of one partition in offset order. */
export interface RecordBatch {
  readonly partition: number;
  /** The batch reaches to here, also where the last records are control records, which nobody sees. */
  readonly lastOffset: bigint;
  readonly records: readonly ScannedRecord[];
}

/** Reads a topic once. */
export type TopicReader = ReturnType<typeof createTopicReader>;

/** A reader of the cluster, in a consumer group of its own. */
export function createTopicReader(connection: KafkaConnection, topic: string, clientId: string) {
  const groupId = `${clientId}-${randomUUID()}`;
  const consumer = createKafka(connection, clientId).consumer({ groupId, maxBytesPerPartition: 4 << 20 });
  const what = `read topic ${topic}, as group ${clientId}-…`;
  return {
    /** Errors: those of `kafkaUnreachable`. */
    async connect(): Promise<void> {
      await consumer.connect().catch((error: unknown) => {
        throw kafkaUnreachable(connection, error);
      });
    },
    /**
     * Begins each partition of `starts` at its offset and the others at their oldest record. The next batch of a partition waits
     * for `onBatch`; `onFailure` hears of an error that ends the reading. Resolves once it reads.
     */
    async start(
      starts: ReadonlyMap<number, bigint>,
      onBatch: (batch: RecordBatch) => Promise<void>,
      onFailure: (error: unknown) => void,
    ): Promise<void> {
      await withRight(what, consumer.subscribe({ topic, fromBeginning: true }));
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) onFailure(ifRefused(what, payload.error));
      });
      await consumer.run({
        autoCommit: false,
        eachBatch: ({ batch }) =>
          onBatch({
            partition: batch.partition,
            lastOffset: BigInt(batch.lastOffset()),
            records: batch.messages.map((message) => scanned(batch.partition, message)),
          }),
      });
      for (const [partition, offset] of starts) consumer.seek({ topic, partition, offset: offset.toString() });
    },
    /** Leaves no consumer group behind. */
    async close(): Promise<void> {
      await consumer.disconnect();
      await withAdmin(connection, clientId, (admin) => admin.deleteGroup(groupId)).catch(() => {});
    },
  };
}

/** A record as the client has it. */
export const scanned = (partition: number, message: KafkaMessage): ScannedRecord => ({
  partition,
  offset: BigInt(message.offset),
  key: message.key,
  value: message.value,
  headers: message.headers ?? {},
  timestampMs: Number(message.timestamp),
});
