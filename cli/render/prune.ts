import type { PrunePlan, PruneVerb } from '../../app/prune.ts';
import type { CliContext } from '../context.ts';
import { count, noun } from '../format.ts';

const NOTE_EVERY_MS = 2_000;

const rowsBefore = ({ table, rows, keptFrom }: PrunePlan): string =>
  `${count(rows)} ${noun(rows, 'row')} of ${table} before ${keptFrom} (UTC)`;

/** What a person agrees to. */
export const pruneQuestion = (plans: readonly PrunePlan[], environment: string): string =>
  `delete ${plans.map(rowsBefore).join(', ')} on ${environment}`;

/** Says what would go, notes now and then how far it is, and as text prints a line for each table that is done. */
export function pruneReporter({ note, printText }: CliContext): Omit<PruneVerb, 'before' | 'dryRun' | 'agree'> {
  let notedAt = Date.now();
  return {
    onPlanned: (plans) => printText(plans.map((plan) => `- ${plan.stream}   ${rowsBefore(plan)}`)),
    onProgress({ name }, { deleted, share }) {
      if (Date.now() - notedAt < NOTE_EVERY_MS) return;
      notedAt = Date.now();
      note(`  ${name}   ${count(deleted)} rows deleted, ${Math.floor(share * 100)} % of the table seen`);
    },
    onPruned: ({ stream, table, keptFrom, deleted, ms, longestMs }) =>
      printText([
        `✓ ${stream}   ${count(deleted)} ${noun(deleted, 'row')} of ${table} deleted; kept from ${keptFrom} (UTC); ` +
          `${(ms / 1000).toFixed(1)} s, no transaction longer than ${longestMs} ms`,
        `  PostgreSQL uses their space again after a VACUUM of ${table}; autovacuum does one by itself`,
      ]),
  };
}
