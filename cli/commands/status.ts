import { Option } from '@commander-js/extra-typings';
import type { Register } from '../context.ts';
import { streamCommand } from '../flags.ts';
import { statusLines } from '../render/status.ts';
import { showAgain } from '../show-again.ts';

const WATCH_EVERY_MS = 2_000;

/** `connect status [--watch | --check]`: connector, tasks, lag, rows and refused records of each stream. */
export const registerStatus: Register = (program, context) => {
  streamCommand(program, 'status')
    .description('show connector, tasks, lag, rows and refused records of each stream')
    .option('--watch', 'show it again every 2 s until Ctrl-C; as JSON one document a line')
    .addOption(
      new Option(
        '--check',
        'end with exit code 3 if a sink is FAILED, not deployed, or behind deleted records',
      ).conflicts('watch'),
    )
    .action(async (flags) => {
      const { isTroubled, openStatus } = await import('../../app/status.ts');
      const look = await openStatus(await context.session(flags));
      if (flags.watch === true) return showAgain(context, WATCH_EVERY_MS, look, statusLines);
      const seen = await look();
      if (seen.streams.some(({ unanswered }) => unanswered.length > 0)) context.setExitCode(1);
      if (flags.check === true && seen.streams.some(isTroubled)) context.setExitCode(3);
      context.show(seen, () => statusLines(seen));
    });
};
