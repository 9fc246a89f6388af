import type { KafkaConnection } from '../../core/kafka.ts';
import { type ScannedRecord, type ScanOptions, scanTopic } from '../../core/kafka-scan.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { Gap } from '../feed/resume.ts';
import { type AcceptedGap, latestCheckpoint, type ResumePoint } from './checkpoint.ts';

const KEPT_GAPS = 20;
/** At most one checkpoint is written in this time. */
const EVERY_MS = 500;

/** Under which key of the checkpoint topic a run keeps its place: the stream's resume point, or one that a backfill has for itself. */
export type CheckpointKey = string;

/** The key of a backfill from one slot to another. No stream's name has a slash. */
export const backfillKey = (from: bigint, until: bigint): CheckpointKey => `backfill/${from}-${until}`;

/** Slots of a backfill, both included; undefined for any other key. */
export function backfillOf(key: string): Gap | undefined {
  const [, from, to] = /^backfill\/(\d+)-(\d+)$/.exec(key) ?? [];
  return from === undefined || to === undefined ? undefined : { from: BigInt(from), to: BigInt(to) };
}

/** Reads the checkpoint topic to its end. Errors: NOT_FOUND without the topic, UNREACHABLE, UNSAFE when it is unreadable. */
export async function readCheckpoint(
  connection: KafkaConnection,
  stream: Pick<StreamDefinition, 'name' | 'topic'>,
  {
    clientId,
    signal,
    name = stream.name,
  }: Pick<ScanOptions, 'clientId' | 'signal'> & { readonly name?: CheckpointKey | undefined },
): Promise<ResumePoint | undefined> {
  const topic = checkpointTopic(stream);
  const key = Buffer.from(name);
  // Only the records of this key are kept while reading. One key lives in one partition, so its order is the log's.
  const records: ScannedRecord[] = [];
  await scanTopic(connection, {
    topic,
    clientId: `${clientId}-checkpoint`,
    onRecords: async (batch) => {
      for (const record of batch) if (record.key?.equals(key)) records.push(record);
    },
    signal,
  });
  return latestCheckpoint(name, topic, records);
}

export interface CheckpointWriterOptions {
  /** Checkpoints are written beyond this slot only; undefined when an operator chose another start. */
  readonly floor: bigint | undefined;
  /** Gaps accepted before this run. */
  readonly gaps: readonly AcceptedGap[];
  readonly write: (slot: bigint, gaps: readonly AcceptedGap[]) => Promise<void>;
  /** A write has failed for good; `close` will throw the error. */
  readonly onFailed: () => void;
}

/** Writes checkpoints behind the publisher: at most one every half second, one at a time, always the newest. */
export function createCheckpointWriter(options: CheckpointWriterOptions) {
  let written = options.floor;
  let gaps = options.gaps;
  let wanted: bigint | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = () => {
    timer = undefined;
    writing = writing.then(async () => {
      if (wanted === undefined) return;
      const slot = wanted;
      wanted = undefined;
      await options.write(slot, gaps);
      written = slot;
    });
    return writing;
  };

  return {
    /** Everything before `slot` is acknowledged. Written soon; a slot that is not beyond the written one never is. */
    advance(slot: bigint): void {
      const newest = wanted ?? written;
      if (newest !== undefined && slot <= newest) return;
      wanted = slot;
      timer ??= setTimeout(() => write().catch(options.onFailed), EVERY_MS);
    },
    /** Written with the next checkpoint and kept in the ones after. */
    acceptGap(gap: AcceptedGap): void {
      gaps = [...gaps.filter(({ from }) => from !== gap.from), gap].slice(-KEPT_GAPS);
    },
    /** Writes what has not been written yet and stops the timer. Errors: those of `write`. */
    async close(): Promise<void> {
      clearTimeout(timer);
      await write();
    },
  };
}
