import type { Metrics, Sample } from '../core/metrics.ts';
import { REFUSAL_CODES } from './record/refusal.ts';
import type { RunReading } from './run-statistics.ts';

/** Follows the run of one stream. */
export interface RunMonitor {
  /** From now on the run can be read. */
  follow(read: () => RunReading): void;
  /** The same function; how long each call takes is measured. */
  timed<Args extends unknown[]>(request: (...args: Args) => Promise<void>): (...args: Args) => Promise<void>;
}

interface ProducerMonitorOptions {
  readonly metrics: Metrics;
  readonly streams: readonly string[];
  /** After so long without a word of the feed it is connected to anew. */
  readonly silenceMs: number;
}

const PREFIX = 'perps_connect_producer';
/** From a broker on this machine to one that is about to time out. */
const REQUEST_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** What a connection that was silent for too long gets to be replaced. */
const RECONNECT_MS = 30_000;

/** Metrics and health of a producer's streams. Nothing is done for a record: what is counted anyway is read when somebody scrapes. */
export function createProducerMonitor({ metrics, streams, silenceMs }: ProducerMonitorOptions) {
  const runs = new Map<string, () => RunReading>();
  const startedAt = Date.now();
  const readings = () => [...runs].map(([stream, read]) => ({ stream, run: read() }));
  const add = (type: 'counter' | 'gauge', name: string, help: string, of: (run: RunReading) => Sample[1]) => {
    const read = () => readings().map(({ stream, run }): Sample => [{ stream }, of(run)]);
    metrics.add({ type, name: `${PREFIX}_${name}`, help, labels: ['stream'], read });
  };
  add(
    'counter',
    'received_updates_total',
    'Updates taken from the feed, repeated ones included.',
    (run) => run.received,
  );
  add('counter', 'published_records_total', 'Records that Kafka acknowledged on the topic.', (run) => run.published);
  add('counter', 'published_bytes_total', 'Bytes of the values that Kafka acknowledged.', (run) => run.bytes);
  add('counter', 'rejected_updates_total', 'Refused updates that Kafka acknowledged.', (run) => run.rejected);
  add('counter', 'reconnects_total', 'How often the feed was connected to again.', (run) => run.reconnects);
  add('gauge', 'queue_records', 'Records that wait for Kafka.', (run) => run.queue.records);
  add('gauge', 'queue_bytes', 'Bytes that wait for Kafka.', (run) => run.queue.bytes);
  add(
    'counter',
    'lost_times_total',
    'Breaks of a feed that replays nothing, in which updates may have been lost; those before this run included.',
    (run) => run.lostTimes,
  );
  add('counter', 'late_updates_total', 'Updates of slots that the feed had gone on beyond.', (run) => run.late);
  add('gauge', 'checkpoint_slot', 'Slot of the last checkpoint in Kafka.', (run) => run.checkpoint?.slot);
  add(
    'gauge',
    'checkpoint_age_seconds',
    'How long ago the last checkpoint was written; before the first, how long the producer has run.',
    ({ checkpoint }) => (Date.now() - (checkpoint?.at ?? startedAt)) / 1_000,
  );
  metrics.add({
    type: 'counter',
    name: `${PREFIX}_refusals_total`,
    help: 'Reasons for which updates were refused; one update may have several.',
    labels: ['stream', 'reason'],
    read: () =>
      readings().flatMap(({ stream, run }) =>
        REFUSAL_CODES.map((reason): Sample => [{ stream, reason }, run.refusals[reason] ?? 0]),
      ),
  });
  const observe = metrics.histogram({
    name: `${PREFIX}_request_duration_seconds`,
    help: 'How long Kafka took for a request, until it was acknowledged, failed attempts included.',
    labels: ['stream'],
    buckets: REQUEST_SECONDS,
  });

  const problemOf = (stream: string): string | undefined => {
    const run = runs.get(stream)?.();
    if (run === undefined || !run.hasSubscribed) return `${stream}: not subscribed to its feed yet`;
    const ageMs = Date.now() - (run.acknowledgedAt ?? startedAt);
    if (ageMs <= silenceMs + RECONNECT_MS) return undefined;
    return `${stream}: Kafka has acknowledged nothing, and the feed has not moved on, for ${Math.round(ageMs / 1_000)} s`;
  };

  return {
    of: (stream: string): RunMonitor => ({
      follow: (read) => void runs.set(stream, read),
      timed:
        (request) =>
        async (...args) => {
          const from = performance.now();
          await request(...args);
          observe({ stream }, (performance.now() - from) / 1_000);
        },
    }),
    /** Why records do not arrive in Kafka; undefined while they do. */
    notReady: (): string | undefined => streams.map(problemOf).find((problem) => problem !== undefined),
  };
}
