import type { ScannedRecord } from '../../core/topic-reader.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { latestCheckpoint, type ResumePoint } from '../../producer/kafka/checkpoint.ts';
import { backfillOf } from '../../producer/kafka/checkpoint-store.ts';
import { GAP_FORMS, type GapMark, type Gap as UnreadRecords } from '../gaps.ts';
import { parseMark } from '../marks.ts';
import { SKIPPED } from './skipped-records.ts';

/** What a checkpoint says of the records before it. */
export interface ReadPoint extends Pick<ResumePoint, 'slot' | 'cursor' | 'time' | 'ends'> {
  /** When it was written: ISO, UTC. */
  readonly at: string;
  /** Slots that were left out by choice. */
  readonly gaps: readonly { readonly from: bigint; readonly to: bigint }[];
}

/** Slots that a backfill has read to its end, both included. */
export interface Backfill {
  readonly from: bigint;
  readonly to: bigint;
  readonly ends: readonly bigint[] | undefined;
}

/** What a checkpoint topic says of how far a stream was read. */
export interface ReadHistory {
  /** Oldest first. */
  readonly points: readonly ReadPoint[];
  readonly backfills: readonly Backfill[];
  /** Records that the sink has not read: Kafka deleted them before, or somebody set its offsets behind them. Somebody knows of each. */
  readonly unread: readonly UnreadRecords[];
}

/** So many are remembered; beyond that, every second is forgotten. */
const KEPT_POINTS = 1_000;

/** Follows a stream's checkpoint topic, record by record. */
export function createReadPoints(stream: StreamDefinition) {
  const topic = checkpointTopic(stream);
  let points: ReadPoint[] = [];
  const backfills = new Map<string, Backfill>();
  const unread = new Map<string, UnreadRecords>();

  function takePoint(record: Omit<ScannedRecord, 'headers'>): void {
    if (record.value === null) {
      points = [];
      return;
    }
    const checkpoint = checkpointIn(stream.name, topic, record);
    if (checkpoint === undefined) return;
    const { slot, cursor, time, ends, gaps, at = new Date(record.timestampMs).toISOString() } = checkpoint;
    points.push({ slot, cursor, time, ends, gaps, at });
    if (points.length > KEPT_POINTS) points = points.filter((_point, index) => index % 2 === 0);
  }

  function takeBackfill(name: string, record: Omit<ScannedRecord, 'headers'>): void {
    const range = backfillOf(name);
    const found = range && checkpointIn(name, topic, record);
    const isWhole =
      found?.slot !== undefined && range !== undefined && found.slot > range.to && found.gaps.length === 0;
    if (isWhole) backfills.set(name, { ...range, ends: found.ends });
    else backfills.delete(name);
  }

  return {
    take(record: Omit<ScannedRecord, 'headers'>): void {
      const name = record.key?.toString() ?? '';
      if (name === stream.name) takePoint(record);
      else if (name.startsWith('backfill/')) takeBackfill(name, record);
      else if (name.startsWith('gap/') || name.startsWith(`${SKIPPED}/`)) {
        const mark = record.value === null ? undefined : parseMark<GapMark>(record.value, GAP_FORMS);
        if (mark === undefined) unread.delete(name);
        else unread.set(name, { partition: mark.partition, from: BigInt(mark.from), to: BigInt(mark.to) });
      }
    },
    history: (): ReadHistory => ({ points, backfills: [...backfills.values()], unread: [...unread.values()] }),
  };
}

/** One that cannot be read is the producer's business. */
function checkpointIn(name: string, topic: string, record: Omit<ScannedRecord, 'headers'>): ResumePoint | undefined {
  try {
    return latestCheckpoint(name, topic, [record]);
  } catch {
    return undefined;
  }
}
