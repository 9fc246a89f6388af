/**
 * What can be wrong for which somebody is told. A kind is open at most once at a time for each stream, or once in an environment
 * for a part that all streams share.
 */
export type IncidentKind =
  /** The connector is not deployed. */
  | 'sink-missing'
  /** Connector or tasks FAILED, and no record is to blame. */
  | 'sink-failed'
  /** Every task says RUNNING, records wait, and nothing is committed. */
  | 'sink-stalled'
  /** A record stops the sink: `connect quarantine` is asked for. */
  | 'record'
  /** Kafka will soon delete records that the sink has not read. */
  | 'retention'
  /** Kafka has deleted records before the sink read them. Nothing starts the sink until a person accepts that. */
  | 'gap'
  /** The records that wait grow more and more. */
  | 'lag'
  /** The producer wrote no checkpoint for long: it is gone, or its feed is silent. */
  | 'producer'
  /** Refused updates are open. */
  | 'rejected'
  /** Dead-letter records are open. */
  | 'dead-letters'
  /** The table lacks a partition, rows are in the default one, or the partitions could not be kept. */
  | 'partitions'
  /** A topic of the stream is missing. */
  | 'topic'
  /** A part does not answer, or cannot serve: a database that takes no writes. */
  | 'brokers'
  | 'registry'
  | 'database'
  | 'worker';

/** `critical`: rows do not arrive, or will be lost. */
export type Severity = 'warning' | 'critical';

/** Something that is wrong, from when it was seen to when it was seen to be over. Times are ISO, UTC. Holds no value of a record and no secret. */
export interface Incident {
  /** Another one for each time that it happens. */
  readonly id: string;
  /** The same each time: `production/positions/record`, or `production/database` for a part that all streams share. */
  readonly key: string;
  readonly environment: string;
  /** Left out for a part that all streams share. */
  readonly stream?: string | undefined;
  readonly connector?: string | undefined;
  readonly kind: IncidentKind;
  readonly severity: Severity;
  /** What is wrong, one line. */
  readonly summary: string;
  /** In the words of the part that said so. */
  readonly cause?: string | undefined;
  /** `positions-3@81244`, of an incident that a record causes. */
  readonly record?: string | undefined;
  /** What to do about it, or what watch does about it itself. */
  readonly next: string;
  /** Watch does no more about it. */
  readonly needsPerson: boolean;
  readonly openedAt: string;
  /** When it was last told that something of it had changed. */
  readonly updatedAt: string;
}
