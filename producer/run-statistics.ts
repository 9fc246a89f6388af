import type { Commitment } from './feed/event.ts';
import type { Gap } from './feed/resume.ts';
import type { Acknowledged } from './kafka/publisher.ts';
import { createLoadMeter } from './process-load.ts';
import type { IngestCounts } from './record/ingest.ts';

type RunStatistics = ReturnType<typeof createRunStatistics>;

/** Where a run stands. Counts are of this run. */
export type ProducerStats = ReturnType<RunStatistics['stats']>;

/** What metrics and health show of a run. Counts are of this run; times are ms since 1970. */
export type RunReading = ReturnType<RunStatistics['reading']>;

/** How a run went. */
export type ProducerSummary = ReturnType<RunStatistics['summary']>;

/** What a run has done so far: the numbers behind its progress, checkpoints and summary. */
export function createRunStatistics(stream: string, rejectedTopic: string) {
  const startedAt = Date.now();
  const load = createLoadMeter();
  const rate = createRateMeter();
  const ingest: IngestCounts = { received: 0, late: 0, refusals: {} };
  const gaps = new Map<bigint, Gap>();
  let published = 0;
  let rejected = 0;
  let bytes = 0;
  let subscriptions = 0;
  let resumedFrom: bigint | undefined;
  let lastSlot: bigint | undefined;
  let acknowledgedAt: number | undefined;
  let checkpoint: { readonly slot: bigint | undefined; readonly at: number } | undefined;
  let lostTimes = 0;

  const counts = () => ({
    /** Updates taken from the feed, undecodable ones and repeated ones included. */
    received: ingest.received,
    /** Records that Kafka acknowledged on the stream's topic. */
    published,
    /** Updates that Kafka acknowledged on the rejected topic. */
    rejected,
  });
  /** How often the feed was connected to again. */
  const reconnects = () => Math.max(subscriptions - 1, 0);
  const stats = (pending: number) => ({
    stream,
    ...counts(),
    /** Reasons of refusals; one update may have several. */
    refusals: { ...ingest.refusals },
    /** Bytes of the acknowledged records' values. */
    bytes,
    /** Records waiting for Kafka. */
    pending,
    /** The slot this run first subscribed from. */
    resumedFrom,
    /** Everything before this slot is in Kafka. */
    lastSlot,
    reconnects: reconnects(),
    /** Updates a second over the last seconds. */
    ratePerSecond: Math.round(rate(published + rejected)),
    /** Event-loop delay and memory of the process. */
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
      acknowledgedAt = Date.now();
    },
    checkpointed(slot: bigint | undefined): void {
      checkpoint = { slot, at: Date.now() };
    },
    subscribed(fromSlot: bigint | undefined): void {
      subscriptions += 1;
      resumedFrom ??= fromSlot;
    },
    /** Slots are left out by the operator's choice. */
    leftOut: (gap: Gap): void => void gaps.set(gap.from, gap),
    gaps: (): Gap[] => [...gaps.values()],
    /** How many times there were that nobody read, those before this run included. */
    lost(times: number): void {
      lostTimes = times;
    },
    /** What a checkpoint says about this run. */
    counts,
    reading: (queue: { readonly records: number; readonly bytes: number }) => ({
      ...counts(),
      refusals: ingest.refusals,
      late: ingest.late,
      bytes,
      queue,
      reconnects: reconnects(),
      hasSubscribed: subscriptions > 0,
      /** When Kafka last acknowledged records, or the feed last moved on without one. */
      acknowledgedAt,
      /** The last one that the brokers have. */
      checkpoint,
      lostTimes,
    }),
    stats,
    summary: (
      endedBy: 'signal' | 'feed' | 'until-slot',
      commitment: Commitment | undefined,
      missing?: readonly Gap[],
    ) => ({
      ...stats(0),
      endedBy,
      /** Of a run with an end: the slots up to it that Kafka does not have; none when it is complete. */
      missing,
      /** What the feed was asked for; undefined for a feed that has no such thing. */
      commitment,
      /** Times that nobody read a feed which replays nothing, those before this run included. */
      lostTimes,
      durationMs: Date.now() - startedAt,
      /** Slots left out by the operator's choice. */
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
