import type { Commitment } from './feed/event.ts';
import type { Gap } from './feed/resume.ts';
import type { Acknowledged } from './kafka/publisher.ts';
import { createLoadMeter, type ProcessLoad } from './process-load.ts';
import type { IngestCounts } from './record/ingest.ts';
import type { RefusalCode } from './record/refusal.ts';

/** Where a run stands. Counts are of this run. */
export interface ProducerStats {
  readonly stream: string;
  /** Updates taken from the feed, undecodable ones and repeated ones included. */
  readonly received: number;
  /** Records that Kafka acknowledged on the stream's topic. */
  readonly published: number;
  /** Updates that Kafka acknowledged on the rejected topic. */
  readonly rejected: number;
  /** Reasons of refusals; one update may have several. */
  readonly refusals: Readonly<Partial<Record<RefusalCode, number>>>;
  /** Bytes of the acknowledged records' values. */
  readonly bytes: number;
  /** Records waiting for Kafka. */
  readonly pending: number;
  /** The slot this run first subscribed from. */
  readonly resumedFrom: bigint | undefined;
  /** Everything before this slot is in Kafka. */
  readonly lastSlot: bigint | undefined;
  /** How often the feed was connected to again. */
  readonly reconnects: number;
  /** Updates a second over the last seconds. */
  readonly ratePerSecond: number;
  /** Event-loop delay and memory of the process. */
  readonly load: ProcessLoad;
}

/** How a run went. */
export interface ProducerSummary extends ProducerStats {
  readonly endedBy: 'signal' | 'feed';
  /** What the feed was asked for. */
  readonly commitment: Commitment;
  readonly durationMs: number;
  /** Slots left out by the operator's choice. */
  readonly gaps: readonly Gap[];
}

/** What a run has done so far: the numbers behind its progress, checkpoints and summary. */
export function createRunStatistics(stream: string, rejectedTopic: string) {
  const startedAt = Date.now();
  const load = createLoadMeter();
  const rate = createRateMeter();
  const ingest: IngestCounts = { received: 0, refusals: {} };
  const gaps = new Map<bigint, Gap>();
  let published = 0;
  let rejected = 0;
  let bytes = 0;
  let subscriptions = 0;
  let resumedFrom: bigint | undefined;
  let lastSlot: bigint | undefined;

  const counts = () => ({ received: ingest.received, published, rejected });
  const stats = (pending: number): ProducerStats => ({
    stream,
    ...counts(),
    refusals: { ...ingest.refusals },
    bytes,
    pending,
    resumedFrom,
    lastSlot,
    reconnects: Math.max(subscriptions - 1, 0),
    ratePerSecond: Math.round(rate(published + rejected)),
    load: load.read(),
  });

  return {
    /** Counted by the ingest. */
    ingest,
    acknowledged({ records, slot }: Acknowledged): void {
      for (const { topic, value } of records) {
        if (topic === rejectedTopic) rejected += 1;
        else published += 1;
        bytes += value.length;
      }
      lastSlot = slot ?? lastSlot;
    },
    subscribed(fromSlot: bigint, gap: Gap | undefined): void {
      subscriptions += 1;
      resumedFrom ??= fromSlot;
      if (gap !== undefined) gaps.set(gap.from, gap);
    },
    /** What a checkpoint says about this run. */
    counts,
    stats,
    summary: (endedBy: ProducerSummary['endedBy'], commitment: Commitment): ProducerSummary => ({
      ...stats(0),
      endedBy,
      commitment,
      durationMs: Date.now() - startedAt,
      gaps: [...gaps.values()],
    }),
    close: load.close,
  };
}

const RATE_WINDOW_MS = 3_000;

/** Takes a count now and then; returns how much it has grown a second since the oldest count within the window. */
function createRateMeter(): (count: number) => number {
  const samples: { at: number; count: number }[] = [];
  return (count) => {
    const at = Date.now();
    samples.push({ at, count });
    while (samples.length > 2 && at - (samples[1]?.at ?? at) >= RATE_WINDOW_MS) samples.shift();
    const oldest = samples[0];
    return oldest === undefined || at <= oldest.at ? 0 : ((count - oldest.count) * 1_000) / (at - oldest.at);
  };
}
