import { ifFound } from '../../core/errors.ts';
import { createMarks, parseMark } from '../marks.ts';
import type { StreamSource } from '../read-records.ts';
import type { KeptIncident } from './incidents.ts';
import type { Standstill } from './progress.ts';
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
  /** Kept by a watch that looks once: the next one sees by it whether the sink has stalled. */
  readonly standstill?: readonly Standstill[] | undefined;
  /** Of the parts that all streams share; one stream keeps them. */
  readonly shared: readonly KeptIncident[];
}

const KIND = 'watch';
const ID = 'stream';
const FORMS = { owner: /./, at: /^\d{4}-/ };

/** Its key in the checkpoint topic. */
export const WATCH_MARK_KEY = `${KIND}/${ID}`;

/** The mark of a stream; undefined when none ever watched it. Errors: UNREACHABLE. */
export async function readWatchMark(source: StreamSource): Promise<WatchMark | undefined> {
  return (await ifFound(createMarks<WatchMark>(source, KIND, FORMS).read()))?.get(ID);
}

/** The mark in a record's value; undefined for other things. */
export const parseWatchMark = (value: Buffer): WatchMark | undefined => parseMark<WatchMark>(value, FORMS);
