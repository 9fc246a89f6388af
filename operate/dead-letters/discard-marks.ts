import { createMarks, type Marks } from '../marks.ts';
import type { StreamSource } from '../read-records.ts';

/** Somebody's word that a record need not reach the table. */
export interface DiscardMark {
  /** The name of the dead letter. */
  readonly of: string;
  readonly reason: string;
  /** ISO, UTC. */
  readonly at: string;
}

/** The discarded records of a stream, by record id. The records themselves stay in their topic. */
export const discardMarks = (source: StreamSource): Marks<DiscardMark> =>
  createMarks<DiscardMark>(source, 'discarded', { of: /./, reason: /./, at: /^\d{4}-/ });

/** What is said of a record that is discarded. */
export const discardedWhy = ({ at, reason }: DiscardMark): string => `discarded ${at.slice(0, 10)}: ${reason}`;
