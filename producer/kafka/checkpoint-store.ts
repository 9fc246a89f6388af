import type { KafkaConnection } from '../../core/kafka.ts';
import { scanTopic } from '../../core/kafka-scan.ts';
import { type AcceptedGap, type Checkpoint, encodeCheckpoint, latestCheckpoint } from './checkpoint.ts';
import type { OutgoingRecord } from './outgoing-record.ts';

const KEPT_GAPS = 20;
/** At most one checkpoint is written in this time. */
const EVERY_MS = 500;

/** Reads the checkpoint topic to its end. Errors: NOT_FOUND without the topic, UNREACHABLE, UNSAFE when it is unreadable. */
export async function readCheckpoint(
  connection: KafkaConnection,
  options: {
    readonly topic: string;
    readonly stream: string;
    readonly clientId: string;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Checkpoint | undefined> {
  const { topic, stream, clientId, signal } = options;
  const key = Buffer.from(stream);
  // Only this stream's records are kept while reading. One key lives in one partition, so its order is the log's.
  const mine: Parameters<typeof latestCheckpoint>[2][number][] = [];
  await scanTopic(connection, {
    topic,
    clientId: `${clientId}-checkpoint`,
    onRecords: async (records) => {
      for (const record of records) if (record.key?.equals(key)) mine.push(record);
    },
    signal,
  });
  return latestCheckpoint(stream, topic, mine);
}

/** Counts of this run that are written along. */
export interface CheckpointCounts {
  readonly received: number;
  readonly published: number;
  readonly rejected: number;
}

export interface CheckpointWriter {
  /** Everything before `slot` is acknowledged. Written soon; a slot that is not beyond the written one never is. */
  advance(slot: bigint): void;
  /** Written with the next checkpoint and kept in the ones after. */
  acceptGap(gap: AcceptedGap): void;
  /** Writes what has not been written yet and stops the timer. Errors: those of `send`. */
  close(): Promise<void>;
}

export interface CheckpointWriterOptions {
  readonly topic: string;
  readonly stream: string;
  readonly instance: string;
  readonly feed: string;
  /** The slot below which nothing is written; undefined when an operator chose another start. */
  readonly floor: bigint | undefined;
  /** Gaps accepted before this run. */
  readonly gaps: readonly AcceptedGap[];
  readonly counts: () => CheckpointCounts;
  readonly send: (records: readonly OutgoingRecord[]) => Promise<void>;
  /** A write has failed for good; `close` will throw the error. */
  readonly onFailed: () => void;
}

/** Writes checkpoints behind the publisher: at most one every half second, one at a time, always the newest. */
export function createCheckpointWriter(options: CheckpointWriterOptions): CheckpointWriter {
  const { topic, stream, instance, feed } = options;
  let written = options.floor;
  let gaps = options.gaps;
  let wanted: bigint | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = async () => {
    if (wanted === undefined) return;
    const slot = wanted;
    wanted = undefined;
    const checkpoint = { slot, at: new Date().toISOString(), ...options.counts(), instance, feed, gaps };
    await options.send([{ topic, key: Buffer.from(stream), value: encodeCheckpoint(checkpoint) }]);
    written = slot;
  };
  const enqueue = () => {
    writing = writing.then(write);
    return writing;
  };

  return {
    advance(slot) {
      if (written !== undefined && slot <= written) return;
      if (wanted !== undefined && slot <= wanted) return;
      wanted = slot;
      timer ??= setTimeout(() => {
        timer = undefined;
        enqueue().catch(options.onFailed);
      }, EVERY_MS);
    },
    acceptGap(gap) {
      gaps = [...gaps.filter(({ from }) => from !== gap.from), gap].slice(-KEPT_GAPS);
    },
    async close() {
      clearTimeout(timer);
      await enqueue();
    },
  };
}
