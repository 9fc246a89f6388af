import { ConnectError } from '../../core/errors.ts';
import { confirm } from '../confirm.ts';
import type { Register } from '../context.ts';
import { ACCEPT_GAP, sinkCommand, YES } from '../flags.ts';
import { noun } from '../format.ts';
import { offsetLines, resetLines } from '../render/offsets.ts';
import { sinkOptions } from '../render/sinks.ts';

/** `connect offsets get|reset`. */
export const registerOffsets: Register = (program, context) => {
  const offsets = program.command('offsets').description('show or change the offsets from which the sinks read on');

  sinkCommand(offsets, 'get')
    .description('show committed offsets, lag, and the slot and time of the next record')
    .action(async (flags) => {
      const { getOffsets } = await import('../../app/offsets.ts');
      const session = await context.session(flags);
      const streams = await getOffsets(session, (sink) => {
        context.printText(offsetLines(sink));
        if (sink.unread === undefined) return;
        context.note(`✗ the next records cannot be read: ${sink.unread}`);
        context.setExitCode(1);
      });
      context.answer(session, { streams });
    });

  sinkCommand(offsets, 'reset')
    .description('make the sinks read on from another place; a running sink is stopped first and started again')
    .requiredOption(
      '--to <place>',
      'earliest, latest, a publishing time (2026-01-31T08:00:00Z) or a slot (slot:250000000; reads the topic up to it)',
    )
    .option('--dry-run', 'only show what would change')
    .option(...ACCEPT_GAP)
    .option('--yes', `${YES[1]}; needed to leave records out`)
    .action(async ({ to, dryRun = false, yes, ...flags }) => {
      const { resetOffsets } = await import('../../app/offsets.ts');
      const session = await context.session(flags);
      const streams = await resetOffsets(session, {
        ...sinkOptions(context, flags),
        to,
        dryRun,
        async agree({ connector, again, skipped }) {
          // A rewind is asked for; leaving records out takes more than a yes typed in passing.
          if (skipped > 0n && yes !== true) {
            throw new ConnectError(
              'USAGE',
              `${connector} would leave out ${skipped} ${noun(skipped, 'record')}; nothing was changed`,
              { details: { connector, skipped }, hint: 'say --yes to leave them out of the table' },
            );
          }
          await confirm(context, `stop ${connector} and let it read ${again} records again`, yes);
        },
        onSearch: (topic, slot) => context.note(`searching ${topic} for slot ${slot} from its oldest record on`),
        onPlan: (planned) => context.tell(resetLines(planned)),
        onReset: (connector, state) => context.note(`${connector} reads on from there; it is ${state}`),
      });
      context.answer(session, { to, streams });
    });
};
