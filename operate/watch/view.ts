import type { RestartCause } from './event.ts';
import type { Incident } from './incident.ts';

/** Servers that all streams of an environment share; the one that most others need is first. */
export const SHARED_PARTS = ['database', 'registry', 'brokers', 'worker'] as const;
export type SharedPart = (typeof SHARED_PARTS)[number];

/** What watch knows of an environment after its last look; what metrics, health and `connect status` show. */
export interface WatchView {
  readonly environment: string;
  /** When the last look ended, ms since 1970; undefined before the first. */
  readonly lookedAt: number | undefined;
  /** How long it took, ms. */
  readonly lookMs: number;
  /** Whether each part answers and can serve; undefined when it was not asked. */
  readonly parts: Readonly<Record<SharedPart, boolean | undefined>>;
  readonly streams: readonly StreamView[];
  /** All that are open. */
  readonly incidents: readonly Incident[];
}

/** One stream; what could not be asked for is undefined. */
export interface StreamView {
  readonly stream: string;
  readonly connector: string;
  /** Whether this watch acts on the stream, stands by for another one, or only reports. */
  readonly role: 'leads' | 'stands-by' | 'only-reports';
  /** Kafka Connect's word, or MISSING. */
  readonly state: string | undefined;
  /** Of each task. */
  readonly taskStates: readonly string[];
  readonly expectedTasks: number | undefined;
  /** Records that the sink has not committed. */
  readonly lag: bigint | undefined;
  /** Records that it has committed since watch began. */
  readonly committedRecords: bigint;
  /** How long records have waited without a commit, s; 0 while nothing waits. */
  readonly commitAgeSeconds: number | undefined;
  /** Share of the topic's retention that the oldest unread record has used up, 0 to 1 and beyond; 0 while nothing waits. */
  readonly retentionUsed: number | undefined;
  /** Refused updates and dead-letter records that are neither replayed nor discarded. */
  readonly openRejected: bigint | undefined;
  readonly openDeadLetters: bigint | undefined;
  /** How long ago the producer wrote its last checkpoint, s; undefined when none ever did. */
  readonly producerAgeSeconds: number | undefined;
  /** How far the table is behind the feed: slots between the producer's checkpoint and the newest row. */
  readonly behindSlots: bigint | undefined;
  /** And how long ago everything of the feed was in the table, s. */
  readonly behindSeconds: number | undefined;
  /** Everything that the producer has read up to this slot is in the table, refused, or a dead-letter record. */
  readonly completeToSlot: bigint | undefined;
  /** When the feed had been read up to there: ISO, UTC. */
  readonly completeAt: string | undefined;
  /** Ranges of slots of which updates may be missing. */
  readonly missingRanges: number | undefined;
  /** Whether rows are in the default partition, and how many partitions of now and next are not there; undefined for a table without partitions. */
  readonly hasStrayRows: boolean | undefined;
  readonly lackingPartitions: number | undefined;
  /** Restarts that this watch has made, by cause. */
  readonly restarts: Readonly<Partial<Record<RestartCause, number>>>;
  /** Records that this watch has quarantined. */
  readonly quarantined: number;
}
