import { ConnectError } from './errors.ts';
import { type KafkaConnection, withAdmin } from './kafka.ts';
import type { PartitionRange } from './kafka-admin.ts';
import { createTopicReader, type RecordBatch, type ScannedRecord, type TopicReader } from './topic-reader.ts';

export type { ScannedRecord } from './topic-reader.ts';

export interface ScanOptions {
  readonly topic: string;
  readonly clientId: string;
  /** Called with the records of one partition in offset order; the next batch waits for it. `enough` ends the partition. */
  // biome-ignore lint/suspicious/noConfusingVoidType: most callers read to the end and return nothing.
  readonly onRecords: (records: readonly ScannedRecord[]) => Promise<void | 'enough'>;
  /** Reads only these partitions, each from its offset. Default: all from their oldest record. */
  readonly starts?: ReadonlyMap<number, bigint> | undefined;
  /** Reads these partitions to before these offsets. Default: all to their end. */
  readonly ends?: ReadonlyMap<number, bigint> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Give up when nothing arrives for this long. Default 30 s. */
  readonly stallMs?: number | undefined;
}

/** What a scan needs of a cluster. */
export interface ScannedCluster {
  /** Undefined when the topic does not exist. */
  ranges(topic: string, clientId: string): Promise<readonly PartitionRange[] | undefined>;
  reader(topic: string, clientId: string): TopicReader;
}

/** The offset range of every partition, or undefined when the topic does not exist. */
export const topicRanges = (
  connection: KafkaConnection,
  topic: string,
  clientId: string,
): Promise<readonly PartitionRange[] | undefined> => withAdmin(connection, clientId, (admin) => admin.ranges(topic));

/**
 * Reads a topic from its beginning, or from `starts`, to where it ended when the scan began; leaves no consumer group behind.
 * Returns the ranges read. Errors: NOT_FOUND when the topic does not exist, UNREACHABLE, TIMEOUT when the broker stalls.
 */
export const scanTopic = (connection: KafkaConnection, options: ScanOptions): Promise<readonly PartitionRange[]> =>
  scanCluster(
    {
      ranges: (topic, clientId) => topicRanges(connection, topic, clientId),
      reader: (topic, clientId) => createTopicReader(connection, topic, clientId),
    },
    options,
  );

/** As `scanTopic`, of any cluster. */
export async function scanCluster(cluster: ScannedCluster, options: ScanOptions): Promise<readonly PartitionRange[]> {
  const { topic, clientId, signal } = options;
  signal?.throwIfAborted();
  const ranges = await cluster.ranges(topic, clientId);
  if (ranges === undefined) throw noSuchTopic(topic);
  const ends = endsOf(ranges, options);
  if (ends.size === 0) return ranges;
  const reader = cluster.reader(topic, clientId);
  try {
    await readTo(ends, reader, options);
  } finally {
    await reader.close();
  }
  return ranges;
}

/** The error for a topic that does not exist. */
export const noSuchTopic = (topic: string): ConnectError =>
  new ConnectError('NOT_FOUND', `topic ${topic} does not exist`, {
    details: { topic },
    hint: '`connect deploy` creates it',
  });

/** Where each partition ends that has something to read. */
function endsOf(ranges: readonly PartitionRange[], { starts, ends }: ScanOptions): Map<number, bigint> {
  return new Map(
    ranges.flatMap(({ partition, low, high }) => {
      const bound = ends?.get(partition);
      const end = bound !== undefined && bound < high ? bound : high;
      const start = starts === undefined ? low : starts.get(partition);
      return start !== undefined && end > low && end > start ? [[partition, end]] : [];
    }),
  );
}

/** Reads until each partition has reached its end. */
async function readTo(ends: Map<number, bigint>, reader: TopicReader, options: ScanOptions): Promise<void> {
  const { topic, signal, starts = new Map<number, bigint>(), stallMs = 30_000 } = options;
  const wantedStarts = new Map([...starts].filter(([partition]) => ends.has(partition)));
  await reader.connect();
  const next = new Map<number, bigint>();
  let timer: NodeJS.Timeout | undefined;
  let onAbort = () => {};
  const reading = new Promise<void>((resolve, reject) => {
    const rearm = () => {
      const stalled = new ConnectError('TIMEOUT', `topic ${topic}: no record arrived for ${stallMs / 1000} s`);
      clearTimeout(timer);
      timer = setTimeout(() => reject(stalled), stallMs);
    };
    const take = async ({ partition, lastOffset, records }: RecordBatch): Promise<void> => {
      const end = ends.get(partition);
      if (end === undefined) return;
      clearTimeout(timer);
      // A reader that was slow may have to join its group anew, and begins once more.
      const start = next.get(partition) ?? starts.get(partition) ?? 0n;
      const wanted = records.filter(({ offset }) => offset >= start && offset < end);
      if (lastOffset >= start) next.set(partition, lastOffset + 1n);
      const isEnough = wanted.length > 0 && (await options.onRecords(wanted)) === 'enough';
      if (isEnough || lastOffset >= end - 1n) ends.delete(partition);
      if (ends.size === 0) resolve();
      else rearm();
    };
    rearm();
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    // What the caller throws ends the scan; the reader is not to read the batch again.
    reader.start(wantedStarts, (batch) => take(batch).catch(reject), reject).catch(reject);
  });
  try {
    await reading;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
