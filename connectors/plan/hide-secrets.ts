import type { Scrub } from '../../core/scrub.ts';
import type { PlanEntry } from './entry.ts';

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
