import type { Register } from '../context.ts';
import { ACCEPT_GAP, sinkCommand } from '../flags.ts';
import { duration } from '../format.ts';
import { sinkOptions, stateWords } from '../render/sinks.ts';

/** `connect restart [--failed]`: connector and tasks start anew, or only what has failed. */
export const registerRestart: Register = (program, context) => {
  sinkCommand(program, 'restart')
    .description('restart the sinks and wait until every task runs and keeps running')
    .option('--failed', 'restart only what has FAILED; tasks that run go on')
    .option(...ACCEPT_GAP)
    .action(async ({ failed = false, ...flags }) => {
      const { restart } = await import('../../app/restart.ts');
      const session = await context.session(flags);
      const streams = await restart(session, {
        ...sinkOptions(context, flags),
        onlyFailed: failed,
        onDone: (result) => {
          const { connector, outcome, restarted, durationMs } = result;
          const isRestarted = outcome === 'restarted';
          context.printText([`${isRestarted ? '~' : '='} connector ${connector}  ${stateWords(result)}`]);
          context.note(
            isRestarted
              ? `${connector} restarted (${restarted.join(', ')}) in ${duration(durationMs)}`
              : `nothing of ${connector} has FAILED; nothing restarted`,
          );
        },
      });
      context.answer(session, { streams });
    });
};
