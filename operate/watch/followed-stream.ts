import type { ScannedRecord } from '../../core/topic-reader.ts';
import { checkpointTopic } from '../../pipeline/names.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { type LostTimes, latestCheckpoint } from '../../producer/kafka/checkpoint.ts';
import { createReadPoints } from '../freshness/read-points.ts';
import { type ClaimRecord, claimIn } from '../lock/claim.ts';

/** A producer's last checkpoint, as far as it was read. */
export interface Heartbeat {
  /** Undefined for a feed without slots. */
  readonly slot: bigint | undefined;
  /** Times that nobody read a feed which replays nothing. */
  readonly lost: LostTimes | undefined;
  /** How long ago it was written, s. By the producer's clock only until one is written while we read. */
  ageSeconds(now: number): number;
}

/** What is kept of a stream's checkpoint topic. */
export type FollowedStream = ReturnType<typeof createFollowedStream>;

/** Keys of marks about refused updates and dead-letter records. */
const HANDLED = /^(replayed|discarded)\//;

type TailedRecord = Omit<ScannedRecord, 'headers'>;

export function createFollowedStream(stream: StreamDefinition) {
  const topic = checkpointTopic(stream);
  /** Of each claim the last record: the others add nothing to it, and nobody may read for months. */
  const claims: { readonly prefix: string; readonly unread: Map<string, ClaimRecord> }[] = [];
  const readPoints = createReadPoints(stream);
  let heartbeat: Heartbeat | undefined;
  let handled = 0;
  /** From this offset on, records were written while we read. */
  let liveFrom = 0n;

  const takeHeartbeat = (record: TailedRecord): void => {
    const checkpoint = checkpointOf(record);
    if (checkpoint === undefined) return;
    const isLive = record.offset >= liveFrom;
    const writtenAt = isLive ? Date.now() : Date.parse(checkpoint.at ?? '') || record.timestampMs;
    const ageSeconds = (now: number): number => Math.max(0, now - writtenAt) / 1000;
    heartbeat = { slot: checkpoint.slot, lost: checkpoint.lost, ageSeconds };
  };
  const checkpointOf = (record: TailedRecord) => {
    try {
      return latestCheckpoint(stream.name, topic, [record]);
    } catch {
      // One that cannot be read is the producer's business.
      return undefined;
    }
  };

  return {
    /** The topic is read from its oldest record on, and ends at this offset now. What was read before comes again. */
    begin(end: bigint): void {
      liveFrom = end;
    },
    take(record: TailedRecord): void {
      const key = record.key?.toString() ?? '';
      readPoints.take(record);
      if (key === stream.name) takeHeartbeat(record);
      else if (HANDLED.test(key)) handled += 1;
      for (const { prefix, unread } of claims) {
        const claim = claimIn(prefix, record);
        if (claim !== undefined) unread.set(claim.id, claim);
      }
    },
    heartbeat: () => heartbeat,
    history: readPoints.history,
    handledMarks: () => handled,
    /** Returns what was read of these claims since its last call. */
    claims(prefix: string): () => readonly ClaimRecord[] {
      const own = { prefix, unread: new Map<string, ClaimRecord>() };
      claims.push(own);
      return () => {
        const read = [...own.unread.values()];
        own.unread.clear();
        return read;
      };
    },
  };
}
