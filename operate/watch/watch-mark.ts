import { ifFound } from '../../core/errors.ts';
import { createMarks } from '../marks.ts';
import type { StreamSource } from '../read-records.ts';
import type { KeptIncident } from './incidents.ts';
import type { Restarts } from './restart-budget.ts';

/** What watch keeps of a stream for the watch that comes after it, and for `connect status`. */
export interface WatchMark {
  /** Who acts: `alice@host, process 4711`. */
  readonly owner: string;
  /** Since when, ISO, UTC. */
  readonly at: string;
  /** What it did last, and when: `restarted the tasks: database`. */
  readonly last?: { readonly at: string; readonly text: string } | undefined;
  readonly restarts: Restarts;
  /** When it moved records to the dead letter topic, ms since 1970, one for each record. */
  readonly quarantined: readonly number[];
  readonly incidents: readonly KeptIncident[];
  /** Of the parts that all streams share; one stream keeps them. */
  readonly shared: readonly KeptIncident[];
}

const ID = 'stream';
export const WATCH_MARK_KEY = `watch/${ID}`;

/** The mark of a stream; undefined when none ever watched it. Errors: UNREACHABLE. */
export async function readWatchMark(source: StreamSource): Promise<WatchMark | undefined> {
  const marks = createMarks<WatchMark>(source, 'watch', { owner: /./, at: /^\d{4}-/ });
  return (await ifFound(marks.read()))?.get(ID);
}
