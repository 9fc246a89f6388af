import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type SinkFlags, withSinkFlags } from '../flags.ts';
import { duration } from '../format.ts';
import { eachSink, selectSinks, stateWords } from '../sink-action.ts';

interface RestartFlags extends SinkFlags {
  readonly failed?: boolean;
}

/** `connect restart [--failed]`: connector and tasks start anew, or only what has failed. */
export function registerRestart(program: Command, context: CliContext): void {
  withSinkFlags(
    program.command('restart').description('restart the sinks and wait until every task runs and keeps running'),
  )
    .option('--failed', 'only what has FAILED; tasks that run are left alone')
    .action(async (flags: RestartFlags) => {
      const { restartSink } = await import('../../operate/restart-sink.ts');
      const { environment, actions } = await selectSinks(context, flags);
      const streams = await eachSink(context, actions, async (action) => {
        const result = await restartSink(action, { onlyFailed: flags.failed === true });
        const parts = result.restarted.join(', ');
        if (flags.output === 'text') {
          const mark = result.outcome === 'restarted' ? '~' : '=';
          context.print(`${mark} connector ${result.connector}  ${stateWords(result)}`);
        }
        context.note(
          result.outcome === 'restarted'
            ? `${result.connector} restarted (${parts}) in ${duration(result.durationMs)}`
            : `nothing of ${result.connector} has FAILED; nothing restarted`,
        );
        return result;
      });
      if (flags.output === 'json') context.json({ environment: environment.name, streams });
    });
}
