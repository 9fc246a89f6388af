import { randomUUID } from 'node:crypto';
import type { Admin, IHeaders, KafkaMessage } from 'kafkajs';
import { ConnectError } from './errors.ts';
import { createKafka, type KafkaConnection, kafkaUnreachable, withAdmin } from './kafka.ts';

/** One record as it stands in its partition. */
export interface ScannedRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: IHeaders;
  readonly timestampMs: number;
}

/** Offsets of one partition when it was looked at: records stand in [low, high). */
export interface PartitionRange {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

export interface ScanOptions {
  readonly topic: string;
  readonly clientId: string;
  /** Called with the records of one partition in offset order; the next batch waits for it. `enough` ends the partition. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most callers read to the end and return nothing.
  readonly onRecords: (records: readonly ScannedRecord[]) => Promise<void | 'enough'>;
  /** Reads only these partitions, each from its offset. Default: all from their oldest record. */
  readonly starts?: ReadonlyMap<number, bigint>;
  /** Reads these partitions to before these offsets. Default: all to their end. */
  readonly ends?: ReadonlyMap<number, bigint>;
  readonly signal?: AbortSignal | undefined;
  /** Give up when nothing arrives for this long. Default 30 s. */
  readonly stallMs?: number;
}

/** The offset range of every partition, or undefined when the topic does not exist. */
export async function topicRanges(
  connection: KafkaConnection,
  topic: string,
  clientId: string,
): Promise<readonly PartitionRange[] | undefined> {
  return withAdmin(connection, clientId, (admin) => rangesIn(admin, topic));
}

/** As `topicRanges`, by an admin client that is connected. */
export async function rangesIn(
  admin: Pick<Admin, 'listTopics' | 'fetchTopicOffsets'>,
  topic: string,
): Promise<PartitionRange[] | undefined> {
  // Asking for a topic that is not there could create it.
  if (!(await admin.listTopics()).includes(topic)) return undefined;
  return (await admin.fetchTopicOffsets(topic))
    .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
    .sort((a, b) => a.partition - b.partition);
}

/**
 * Reads a topic from its beginning, or from `starts`, to where it ended when the scan began; leaves no consumer group behind.
 * Returns the ranges read. Errors: NOT_FOUND when the topic does not exist, UNREACHABLE, TIMEOUT when the broker stalls.
 */
export async function scanTopic(connection: KafkaConnection, options: ScanOptions): Promise<readonly PartitionRange[]> {
  const { topic, clientId, starts, ends: bounds } = options;
  const ranges = await topicRanges(connection, topic, clientId);
  if (ranges === undefined) throw noSuchTopic(topic);
  const endOf = ({ partition, high }: PartitionRange): bigint => {
    const end = bounds?.get(partition);
    return end !== undefined && end < high ? end : high;
  };
  const isWanted = (range: PartitionRange): boolean => {
    const start = starts === undefined ? range.low : starts.get(range.partition);
    return start !== undefined && endOf(range) > range.low && endOf(range) > start;
  };
  const ends = new Map(ranges.filter(isWanted).map((range) => [range.partition, endOf(range)]));
  if (ends.size > 0) await consumeTo(connection, options, ends);
  return ranges;
}

/** The error for a topic that does not exist. */
export const noSuchTopic = (topic: string): ConnectError =>
  new ConnectError('NOT_FOUND', `topic ${topic} does not exist`, {
    details: { topic },
    hint: '`connect deploy` creates it',
  });

async function consumeTo(connection: KafkaConnection, options: ScanOptions, ends: Map<number, bigint>): Promise<void> {
  const groupId = `${options.clientId}-${randomUUID()}`;
  const consumer = createKafka(connection, options.clientId).consumer({ groupId, maxBytesPerPartition: 4 << 20 });
  const stallMs = options.stallMs ?? 30_000;
  let timer: NodeJS.Timeout | undefined;
  try {
    await consumer.connect().catch((error: unknown) => {
      throw kafkaUnreachable(connection, error);
    });
    await consumer.subscribe({ topic: options.topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const stalled = () =>
        reject(new ConnectError('TIMEOUT', `topic ${options.topic}: no record arrived for ${stallMs / 1000} s`));
      const rearm = () => {
        clearTimeout(timer);
        timer = setTimeout(stalled, stallMs);
      };
      rearm();
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason), { once: true });
      consumer.on(consumer.events.CRASH, ({ payload }) => {
        if (!payload.restart) reject(payload.error);
      });
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            const end = ends.get(batch.partition);
            if (end === undefined) return;
            clearTimeout(timer);
            try {
              const start = options.starts?.get(batch.partition) ?? 0n;
              const wanted = batch.messages
                .map((message) => scanned(batch.partition, message))
                .filter(({ offset }) => offset >= start && offset < end);
              if (wanted.length > 0 && (await options.onRecords(wanted)) === 'enough') ends.delete(batch.partition);
            } catch (error) {
              reject(error);
              return;
            }
            if (BigInt(batch.lastOffset()) >= end - 1n) ends.delete(batch.partition);
            if (ends.size === 0) resolve();
            else rearm();
          },
        })
        .then(() => {
          for (const [partition, offset] of options.starts ?? []) {
            if (ends.has(partition)) consumer.seek({ topic: options.topic, partition, offset: offset.toString() });
          }
        })
        .catch(reject);
    });
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
    await withAdmin(connection, options.clientId, (admin) => admin.deleteGroups([groupId])).catch(() => {});
  }
}

const scanned = (partition: number, message: KafkaMessage): ScannedRecord => ({
  partition,
  offset: BigInt(message.offset),
  key: message.key,
  value: message.value,
  headers: message.headers ?? {},
  timestampMs: Number(message.timestamp),
});

/** A header as text; undefined when absent. Of a repeated header, the last. */
export function headerText(headers: IHeaders, name: string): string | undefined {
  const value = headers[name];
  const last = Array.isArray(value) ? value.at(-1) : value;
  return last === undefined ? undefined : last.toString();
}
