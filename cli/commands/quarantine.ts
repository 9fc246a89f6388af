import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type SinkFlags, wholeNumber, withSinkFlags } from '../flags.ts';
import { planLines, resultLine } from '../render/quarantine.ts';
import { eachSink, selectSinks } from '../sink-action.ts';

interface QuarantineFlags extends SinkFlags {
  readonly max: number;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const DEFAULT_MAX = 10;

/** `connect quarantine`: a record that stops a sink goes to the dead letter topic, alone, once it is proved to be the cause. */
export function registerQuarantine(program: Command, context: CliContext): void {
  withSinkFlags(
    program
      .command('quarantine')
      .description('find the records that stop a sink, prove it, and move only those to the dead letter topic'),
  )
    .option(
      '--max <records>',
      'at most so many records are moved; more are no accident',
      wholeNumber(1, 999_999),
      DEFAULT_MAX,
    )
    .option('--dry-run', 'only show which records it is, and the proof')
    .option('--yes', 'do it without asking')
    .action((flags: QuarantineFlags) => run(context, flags));
}

async function run(context: CliContext, flags: QuarantineFlags): Promise<void> {
  const [{ quarantine }, { confirm }, { streamParts }] = await Promise.all([
    import('../../operate/quarantine/quarantine.ts'),
    import('../confirm.ts'),
    import('../stream-parts.ts'),
  ]);
  const sinks = await selectSinks(context, flags);
  const say = flags.output === 'text' ? context.print : context.note;
  const streams = await eachSink(context, sinks.actions, async (action) => {
    const parts = streamParts(context, sinks, action.stream);
    const result = await quarantine(
      { ...action, ...parts },
      {
        max: flags.max,
        dryRun: flags.dryRun === true,
        onPlan: (plan) => {
          for (const line of planLines(plan, action.stream.table.name)) say(line);
        },
        agree: (plan) =>
          confirm(
            context,
            plan.culprits.length === 0
              ? `start ${plan.connector} again`
              : `move ${plan.culprits.length} of ${action.stream.topic.name} to its DLQ and let ${plan.connector} go on`,
            flags.yes === true,
          ),
      },
    );
    context.note(resultLine(result));
    return result;
  });
  if (flags.output === 'json') context.json({ environment: sinks.environment.name, streams });
}
