import type { Gap } from './feed/resume.ts';
import type { Acknowledged } from './kafka/publisher.ts';
import type { LoadMeter } from './process-load.ts';
import type { ProducerStats, ProducerSummary } from './producer-options.ts';
import { createRateMeter } from './progress.ts';
import type { IngestCounts } from './record/ingest.ts';

/** What a run has done so far: the numbers behind its progress, checkpoints and summary. */
export interface RunState {
  /** Counted by the ingest. */
  readonly ingest: IngestCounts;
  acknowledged(acknowledged: Acknowledged): void;
  subscribed(fromSlot: bigint, first: boolean): void;
  gapAccepted(gap: Gap): void;
  /** What a checkpoint says about this run. */
  counts(): { received: number; published: number; rejected: number };
  stats(pending: number): ProducerStats;
  summary(endedBy: ProducerSummary['endedBy']): ProducerSummary;
}

export function createRunState(stream: string, rejectedTopic: string, load: Pick<LoadMeter, 'read'>): RunState {
  const startedAt = Date.now();
  const rate = createRateMeter();
  const ingest: IngestCounts = { received: 0, refusals: {} };
  const gaps = new Map<bigint, Gap>();
  let published = 0;
  let rejected = 0;
  let bytes = 0;
  let reconnects = 0;
  let resumedFrom: bigint | undefined;
  let lastSlot: bigint | undefined;

  const stats = (pending: number): ProducerStats => ({
    stream,
    received: ingest.received,
    published,
    rejected,
    refusals: { ...ingest.refusals },
    bytes,
    pending,
    resumedFrom,
    lastSlot,
    reconnects,
    ratePerSecond: Math.round(rate.sample(published + rejected)),
    load: load.read(),
  });

  return {
    ingest,
    acknowledged({ records, slot }) {
      for (const { topic, value } of records) {
        if (topic === rejectedTopic) rejected += 1;
        else published += 1;
        bytes += value.length;
      }
      lastSlot = slot ?? lastSlot;
    },
    subscribed(fromSlot, first) {
      if (first) resumedFrom = fromSlot;
      else reconnects += 1;
    },
    gapAccepted(gap) {
      gaps.set(gap.from, gap);
    },
    counts: () => ({ received: ingest.received, published, rejected }),
    stats,
    summary: (endedBy) => ({
      ...stats(0),
      endedBy,
      durationMs: Date.now() - startedAt,
      gaps: [...gaps.values()],
    }),
  };
}
