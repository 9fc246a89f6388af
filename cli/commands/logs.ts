import { Argument, type Command } from 'commander';
import { PART_NAMES, type PartName } from '../../stack/types.ts';
import type { CliContext } from '../context.ts';
import { wholeNumber } from '../flags.ts';

interface LogsFlags {
  readonly follow?: boolean;
  readonly lines: number;
}

/** `connect logs <part>`: the end of a part's log, and on request what follows. */
export function registerLogs(program: Command, context: CliContext): void {
  program
    .command('logs')
    .description('show the log of a part of the local stack')
    .addArgument(new Argument('<part>', 'whose log').choices(PART_NAMES))
    .option('-f, --follow', 'go on showing what is written, until Ctrl-C')
    .option('-n, --lines <count>', 'how many lines from the end', wholeNumber(0, 999_999), 200)
    .action(async (part: PartName, flags: LogsFlags) => {
      const [{ followLog, lastLines }, { findProjectRoot }] = await Promise.all([
        import('../../stack/part-log.ts'),
        import('../../pipeline/load.ts'),
      ]);
      const root = findProjectRoot(context.cwd);
      // Only so that its secrets are known and hidden: a log is wanted most when a definition is wrong.
      await context.loadProject().catch(() => undefined);
      for (const line of lastLines(root, part, flags.lines)) context.print(line);
      if (flags.follow) await followLog(root, part, (text) => context.stdout.write(text), context.signal);
    });
}
