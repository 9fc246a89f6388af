import { NOTHING_ELSE, type PlanEntry } from './entry.ts';
import { type Fingerprint, hash } from './fingerprint.ts';

/** A connector that this project deployed to this environment and no longer defines. */
export interface Orphan {
  readonly name: string;
  /** The topics it reads, as its configuration spells them. */
  readonly topics: string;
}

/** What becomes of a connector that is no longer defined, where that was asked for. */
export const planRemoval = ({ name, topics }: Orphan): PlanEntry => ({
  ...NOTHING_ELSE,
  kind: 'connector',
  name,
  action: 'delete',
  summary: `deployed by this project and no longer defined; reads ${topics}`,
  effects: [`nothing is written from ${topics} any more; topics, table and the offsets of connect-${name} stay`],
});

export const removalFingerprint = ({ topics }: Orphan): Fingerprint => ({
  desired: hash('gone'),
  observed: hash(topics),
});
