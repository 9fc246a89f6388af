import { createMetrics, type Labels, type Metrics, type Sample } from '../../core/metrics.ts';
import { type ListenAddress, serveMetrics } from '../../core/metrics-server.ts';
import type { RestartCause } from './event.ts';
import { SHARED_PARTS, type StreamView, type WatchView } from './view.ts';

interface WatchServerOptions {
  readonly listen: ListenAddress;
  readonly environment: string;
  /** From the start of one look to that of the next. */
  readonly everyMs: number;
  readonly view: () => WatchView;
}

const PREFIX = 'perps_connect_watch';
/** Words of Kafka Connect, and ours. Any other word is counted as OTHER, so that a label never holds what a server made up. */
const STATES = ['RUNNING', 'PAUSED', 'STOPPED', 'RESTARTING', 'UNASSIGNED', 'FAILED', 'MISSING', 'OTHER'] as const;
const ROLES = ['leads', 'stands-by', 'only-reports'] as const satisfies readonly StreamView['role'][];
const CAUSES = [
  'database',
  'registry',
  'brokers',
  'worker',
  'sink',
  'stalled',
  'unknown',
] as const satisfies readonly RestartCause[];
/** A look at parts that are away ends with their time-outs, not with the next turn. */
const MIN_LOOK_BOUND_MS = 60_000;
const MISSED_LOOKS = 5;

/** Serves metrics and health of watch. Errors: those of `serveMetrics`. */
export async function serveWatch({ listen, environment, everyMs, view }: WatchServerOptions) {
  const metrics = await createMetrics({ environment }, { withEventLoop: false });
  addWatchMetrics(metrics, view);
  return serveMetrics({ listen, metrics, notReady: () => problemOf(view(), everyMs) });
}

/** Why watch does not see what happens. */
function problemOf({ lookedAt }: WatchView, everyMs: number): string | undefined {
  if (lookedAt === undefined) return 'watch has not looked yet';
  const ageMs = Date.now() - lookedAt;
  if (ageMs <= Math.max(MIN_LOOK_BOUND_MS, MISSED_LOOKS * everyMs)) return undefined;
  return `the last look ended ${Math.round(ageMs / 1_000)} s ago`;
}

/**
 * What watch knows, read when somebody scrapes. Labels are names of the definitions and words of fixed lists; no text of an
 * incident is among them.
 */
function addWatchMetrics(metrics: Metrics, view: () => WatchView): void {
  const labels = ['stream', 'connector'];
  const named = ({ stream, connector }: StreamView) => ({ stream, connector });
  const add = (type: 'counter' | 'gauge', name: string, help: string, of: (stream: StreamView) => Sample[1]) => {
    const read = () => view().streams.map((stream): Sample => [named(stream), of(stream)]);
    metrics.add({ type, name: `${PREFIX}_${name}`, help, labels, read });
  };
  /** One sample for each word, so that a series does not come and go. */
  const addWords = <Word extends string>(
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    label: string,
    words: readonly Word[],
    of: (stream: StreamView, word: Word) => number | undefined,
  ) => {
    const read = () =>
      view().streams.flatMap((stream) =>
        words.map((word): Sample => [{ ...named(stream), [label]: word }, of(stream, word)]),
      );
    metrics.add({ type, name: `${PREFIX}_${name}`, help, labels: [...labels, label], read });
  };

  addWords('gauge', 'sink_state', '1 for the state that the sink is in.', 'state', STATES, ({ state }, word) =>
    state === undefined ? undefined : Number(known(state) === word),
  );
  addWords('gauge', 'sink_tasks', 'Tasks of the sink by state.', 'state', STATES, ({ state, taskStates }, word) =>
    state === undefined ? undefined : taskStates.filter((task) => known(task) === word).length,
  );
  add('gauge', 'sink_tasks_expected', 'Tasks that the sink should have.', (of) => of.expectedTasks);
  add('gauge', 'lag_records', 'Records that the sink has not committed.', (of) => of.lag);
  add('counter', 'committed_records_total', 'Records that the sink has committed.', (of) => of.committedRecords);
  add('gauge', 'commit_age_seconds', 'How long records have waited without a commit.', (of) => of.commitAgeSeconds);
  add(
    'gauge',
    'retention_used_ratio',
    "Share of the topic's retention that the oldest record which the sink has not read has used up.",
    (of) => of.retentionUsed,
  );
  add('gauge', 'rejected_updates', 'Refused updates that are neither replayed nor discarded.', (of) => of.openRejected);
  add(
    'gauge',
    'dead_letter_records',
    'Dead-letter records that are neither replayed nor discarded.',
    (of) => of.openDeadLetters,
  );
  add('gauge', 'producer_age_seconds', 'How long ago the producer wrote a checkpoint.', (of) => of.producerAgeSeconds);
  add('gauge', 'freshness_slots', 'Slots that the table is behind the feed.', (of) => of.behindSlots);
  add('gauge', 'freshness_seconds', 'How long ago all of the feed was in the table.', (of) => of.behindSeconds);
  add(
    'gauge',
    'complete_to_slot',
    'Everything that the producer has read up to this slot is in the table, refused, or a dead-letter record.',
    (of) => of.completeToSlot,
  );
  add('gauge', 'complete_age_seconds', 'How long ago the feed had been read up to there.', (of) =>
    of.completeAt === undefined ? undefined : Math.max(0, Date.now() - Date.parse(of.completeAt)) / 1_000,
  );
  add('gauge', 'missing_slot_ranges', 'Ranges of slots of which updates may be missing.', (of) => of.missingRanges);
  add('gauge', 'default_partition_used', '1 while rows are in the default partition.', (of) =>
    numberOf(of.hasStrayRows),
  );
  add(
    'gauge',
    'lacking_partitions',
    'Partitions of the current and the next period that are not there.',
    (of) => of.lackingPartitions,
  );
  add('counter', 'quarantined_records_total', 'Records that this watch has quarantined.', (of) => of.quarantined);
  addWords(
    'counter',
    'restarts_total',
    'Restarts that this watch has made, by cause.',
    'cause',
    CAUSES,
    (of, cause) => of.restarts[cause] ?? 0,
  );
  addWords('gauge', 'role', '1 for what this watch does about the stream.', 'role', ROLES, (of, role) =>
    Number(of.role === role),
  );
  metrics.add({
    name: `${PREFIX}_incidents`,
    help: 'Open incidents by kind and severity; without a stream: of a part that all streams share.',
    labels: [...labels, 'kind', 'severity'],
    read: () => countIncidents(view()),
  });
  metrics.add({
    name: `${PREFIX}_part_up`,
    help: '1 while the part answers and can serve.',
    labels: ['part'],
    read: () => SHARED_PARTS.map((part): Sample => [{ part }, numberOf(view().parts[part])]),
  });
  metrics.add({
    name: `${PREFIX}_look_duration_seconds`,
    help: 'How long the last look took.',
    read: () => [[{}, view().lookMs / 1_000]],
  });
  metrics.add({
    name: `${PREFIX}_last_look_timestamp_seconds`,
    help: 'When the last look ended.',
    read: () => [[{}, inSeconds(view().lookedAt)]],
  });
}

const known = (word: string): (typeof STATES)[number] => STATES.find((state) => state === word) ?? 'OTHER';

const numberOf = (value: boolean | undefined): number | undefined => (value === undefined ? undefined : Number(value));

const inSeconds = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1_000);

function countIncidents({ incidents }: WatchView): Sample[] {
  const counts = new Map<string, readonly [Labels, number]>();
  for (const { stream, connector, kind, severity } of incidents) {
    // A label without a text is no label.
    const labels = { stream: stream ?? '', connector: connector ?? '', kind, severity };
    const key = JSON.stringify(labels);
    counts.set(key, [labels, (counts.get(key)?.[1] ?? 0) + 1]);
  }
  return [...counts.values()];
}
