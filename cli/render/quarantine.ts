import type { QuarantinePlan, QuarantineResult } from '../../app/quarantine.ts';
import { count, duration } from '../format.ts';

/** What failed, which records it is, how that was proved, and what would be done. */
export function planLines(plan: QuarantinePlan, table: string): string[] {
  const failures = plan.failures.flatMap(({ task, cause, record }) => [
    `✗ ${plan.connector}  ${task === undefined ? 'connector' : `task ${task}`} FAILED`,
    `  cause    ${cause}`,
    ...(record === undefined ? [] : [`  record   ${record}`]),
  ]);
  const resumed = plan.isResumed ? [`✗ ${plan.connector}  was left STOPPED by a quarantine that did not end`] : [];
  const culprits = plan.culprits.map(
    ({ record, key, kind, reason, sqlState, isNamed }) =>
      `  - ${record}  ${key === null ? 'no key' : `key ${key}`}: ${
        kind === 'does-not-decode' ? 'does not decode' : `PostgreSQL refuses its row (${sqlState})`
      }: ${reason}${isNamed ? '; named by the failed task' : ''}`,
  );
  return [
    ...resumed,
    ...failures,
    ...culprits,
    ...(culprits.length === 0
      ? []
      : [`  proof    each was tried alone; ${count(plan.neighbours)} records beside them can be stored`]),
    ...(plan.before === 0n
      ? []
      : [
          `  before   ${count(plan.before)} records in front of them are not committed: they are written to ${table} first`,
        ]),
    ...plan.effects.map((effect) => `  effect   ${effect}`),
  ];
}

/** What became of it, in one line. */
export function resultLine({ connector, outcome, state, moved, written, durationMs }: QuarantineResult): string {
  if (outcome === 'unchanged') return `nothing of ${connector} has FAILED on a record; it is ${state}`;
  if (outcome === 'planned') return `nothing was changed: this was a dry run`;
  const records = moved.map(({ record, letter, isNew }) => `${record} → ${letter}${isNew ? '' : ' (there already)'}`);
  const before = written === 0 ? '' : `; ${count(written)} records in front of them written`;
  const what = records.length === 0 ? 'no record had to be moved' : records.join(', ');
  return `${what}${before}; ${connector} is ${state} after ${duration(durationMs)}`;
}
