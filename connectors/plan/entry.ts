import { isDeepStrictEqual } from 'node:util';
import type { Scrub } from '../../core/scrub.ts';

/**
 * `blocked`: `deploy` refuses, because only a person can decide; the entry's summary says what. `unknown`: the part that has
 * it cannot be reached from here.
 */
export type PlanAction = 'create' | 'update' | 'replace' | 'delete' | 'unchanged' | 'blocked' | 'unknown';

/** One setting that changes. */
export interface ConfigChange {
  readonly key: string;
  /** Undefined: it is not set now. */
  readonly before: string | undefined;
  /** Undefined: it is taken away. */
  readonly after: string | undefined;
}

/** A change as it is shown: secrets stand as their references, or as `(secret)`. */
export interface PlannedChange extends ConfigChange {
  readonly secret: boolean;
}

/** A setting that differs in its text and is left out of the comparison. */
export interface IgnoredSetting {
  readonly key: string;
  readonly reason: string;
}

/** What becomes of one thing. */
export interface PlanEntry {
  readonly kind: 'topic' | 'subject' | 'migrations' | 'plugin' | 'worker configuration' | 'connector';
  readonly name: string;
  readonly action: PlanAction;
  /** One line: how it stands, or what becomes of it. */
  readonly summary: string;
  readonly changes: readonly PlannedChange[];
  /** What the change does besides: restarts, keys that move. */
  readonly effects: readonly string[];
  readonly ignored: readonly IgnoredSetting[];
  /** Worth knowing, not changed by anything here. */
  readonly notes: readonly string[];
  /** The command that does it, where `connect deploy` does not. */
  readonly by?: string;
  /** The flag without which `connect deploy` does not do it. */
  readonly needs?: '--replace';
}

/** What most entries have nothing of. */
export const NOTHING_ELSE = { changes: [], effects: [], ignored: [], notes: [] } as const;

/** The run state among a connector's changes, as the definition spells it; no connector setting has this name. */
export const STATE_KEY = 'sink.state';

/** Whether `connect deploy` does it. */
export const appliedByDeploy = ({ by }: PlanEntry): boolean => by === undefined;

/** The entry of a sink's connector. */
export const connectorEntry = (entries: readonly PlanEntry[]): PlanEntry | undefined =>
  entries.find(({ kind }) => kind === 'connector');

/** An entry as people name it: `connector positions-sink`. */
export const titleOf = ({ kind, name }: PlanEntry): string => `${kind} ${name}`.trimEnd();

/** Whether two entries do the same; one of them may come out of a file. */
export const isSameEntry = (a: PlanEntry, b: PlanEntry): boolean =>
  a.action === b.action && isDeepStrictEqual(plain(a.changes), plain(b.changes));

/** A value as it comes back out of JSON. */
export const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/**
 * Entries in which no setting shows a secret by its value, whatever the setting is called: a live connector may hold the
 * password anywhere. Plans are printed and saved.
 */
export function hideSecrets(entries: readonly PlanEntry[], scrub: Scrub): PlanEntry[] {
  const shown = (value: string | undefined) => (value === undefined ? undefined : scrub(value));
  return entries.map((entry) => ({
    ...entry,
    changes: entry.changes.map((change) => ({ ...change, before: shown(change.before), after: shown(change.after) })),
  }));
}
