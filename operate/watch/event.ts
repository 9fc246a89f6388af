import type { Incident } from './incident.ts';

/** Why watch restarts something: whose fault it is, or what it saw. */
export type RestartCause = 'database' | 'registry' | 'brokers' | 'worker' | 'sink' | 'stalled' | 'unknown';

/** What watch tells. Each is one line of JSON; each of an incident is also a notification. `time` is ISO, UTC. */
export type WatchEvent = { readonly time: string; readonly environment: string } & (
  | {
      /** Each incident is opened once and closed once; in between it is updated when something of it changes that a reader must know. */
      readonly event: 'incident.opened' | 'incident.updated' | 'incident.closed';
      readonly incident: Incident;
    }
  | ({
      readonly event: 'sink.restarting' | 'sink.restarted' | 'sink.restart-failed';
      readonly cause: RestartCause;
      /** Of this failure, from 1. */
      readonly attempt: number;
      /** Why it failed again, or could not be restarted. */
      readonly error?: string | undefined;
    } & OfStream)
  | ({
      readonly event: 'record.quarantined';
      /** `positions-3@81244` each. */
      readonly records: readonly string[];
    } & OfStream)
  | ({
      /** Of a stream: this watch acts, another one acts, or none can because the lock cannot be read. */
      readonly event: 'watch.leads' | 'watch.stands-by' | 'watch.only-reports';
      /** Who acts. */
      readonly owner?: string | undefined;
      readonly reason?: string | undefined;
    } & OfStream)
  | { readonly event: 'watch.started' | 'watch.ended'; readonly streams: readonly string[]; readonly owner: string }
  | {
      /** Up to where the tables are complete cannot be written for whoever reads `stream_freshness`; said once. */
      readonly event: 'freshness.unwritten';
      readonly error: string;
      readonly hint?: string | undefined;
    }
  | ({
      /** The partitions of a stream's table were kept (`--partitions`). */
      readonly event: 'partitions.kept';
      readonly created: readonly string[];
      readonly dropped: readonly string[];
      /** They have left the table, and wait for their archive. */
      readonly detached: readonly string[];
    } & OfStream)
  | { readonly event: 'notify.failed'; readonly to: string; readonly error: string }
);

interface OfStream {
  readonly stream: string;
  readonly connector: string;
}
