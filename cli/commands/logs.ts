import { Argument } from '@commander-js/extra-typings';
import { PART_NAMES } from '../../app/choices.ts';
import type { Register } from '../context.ts';
import { wholeNumber } from '../flags.ts';

/** `connect logs <part>`: the end of a part's log, and on request what follows. */
export const registerLogs: Register = (program, context) => {
  program
    .command('logs')
    .description('show the log of a part of the local stack')
    .addArgument(new Argument('<part>', 'whose log').choices(PART_NAMES))
    .option('-f, --follow', 'keep showing new lines until Ctrl-C')
    .option('-n, --lines <count>', 'how many lines from the end', wholeNumber(0, 999_999), 200)
    .action(async (part, { lines, follow = false }) => {
      const { logs } = await import('../../app/logs.ts');
      await logs(context, part, { lines, follow, onText: (text) => void context.stdout.write(text) });
    });
};
