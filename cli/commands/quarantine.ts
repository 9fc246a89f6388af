import { confirm } from '../confirm.ts';
import type { Register } from '../context.ts';
import { ACCEPT_GAP, sinkCommand, wholeNumber, YES } from '../flags.ts';
import { planLines, resultLine } from '../render/quarantine.ts';
import { sinkOptions } from '../render/sinks.ts';

const DEFAULT_MAX = 10;

/** `connect quarantine`: a record that stops a sink goes to the dead letter topic, alone, once it is proved to be the cause. */
export const registerQuarantine: Register = (program, context) => {
  sinkCommand(program, 'quarantine')
    .description('find the records that stop a sink, prove it, and move only those to the dead letter topic')
    .option(
      '--max <records>',
      'move at most this many records in all; more are a sign of another fault',
      wholeNumber(1, 999_999),
      DEFAULT_MAX,
    )
    .option('--dry-run', 'only show the records and the proof')
    .option(...ACCEPT_GAP)
    .option(...YES)
    .action(async ({ max, dryRun = false, yes, ...flags }) => {
      const { quarantine } = await import('../../app/quarantine.ts');
      const session = await context.session(flags);
      const streams = await quarantine(session, {
        ...sinkOptions(context, flags),
        max,
        dryRun,
        onPlan: (plan, { table }) => context.tell(planLines(plan, table.name)),
        agree: ({ culprits, connector }, { topic }) =>
          confirm(
            context,
            culprits.length === 0
              ? `start ${connector} again`
              : `move ${culprits.length} of ${topic.name} to its DLQ and let ${connector} go on`,
            yes,
          ),
        onDone: (result) => context.note(resultLine(result)),
      });
      context.answer(session, { streams });
    });
};
