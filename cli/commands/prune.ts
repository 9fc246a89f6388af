import { InvalidArgumentError } from '@commander-js/extra-typings';
import { confirm } from '../confirm.ts';
import type { Register } from '../context.ts';
import { streamCommand, YES } from '../flags.ts';
import { pruneQuestion, pruneReporter } from '../render/prune.ts';

/** `connect prune`: the rows of a table that are older than a day go, while sinks go on; what is derived from them stays. */
export const registerPrune: Register = (program, context) => {
  streamCommand(program, 'prune')
    .description('delete the history before a UTC day, while the sinks keep writing; derived tables keep their days')
    .requiredOption('--before <date>', 'the first UTC day that is kept: 2026-03-01', parseDay)
    .option('--dry-run', 'count what would go, and delete nothing')
    .option(...YES)
    .action(async ({ before, dryRun, yes, ...flags }) => {
      const { prune } = await import('../../app/prune.ts');
      const session = await context.session(flags);
      const { plans, pruned } = await prune(session, {
        before,
        dryRun,
        agree: (planned) => confirm(context, pruneQuestion(planned, session.environment.name), yes),
        ...pruneReporter(context),
      });
      context.answer(session, {
        streams: plans.map((plan) => ({ ...plan, ...pruned.find(({ stream }) => stream === plan.stream) })),
      });
    });
};

/** A day of the calendar. */
function parseDay(text: string): string {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(text)) return text;
  throw new InvalidArgumentError('a day is YYYY-MM-DD, such as 2026-03-01.');
}
