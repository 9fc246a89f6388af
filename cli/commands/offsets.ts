import { ConnectError } from '../../core/errors.ts';
import { confirm } from '../confirm.ts';
import type { CliContext, Register } from '../context.ts';
import { type SinkFlags, sinkCommand, YES } from '../flags.ts';
import { offsetLines, resetLines } from '../render/offsets.ts';
import { sinkOptions } from '../render/sinks.ts';

interface ResetFlags extends SinkFlags {
  readonly to: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `connect offsets get|reset`. */
export const registerOffsets: Register = (program, context) => {
  const offsets = program.command('offsets').description('show or change the offsets from which the sinks read on');

  sinkCommand(offsets, 'get', 'show committed offsets, lag, and the slot and time of the next record').action(
    (flags: SinkFlags) => get(context, flags),
  );

  sinkCommand(
    offsets,
    'reset',
    'make the sinks read on from another place; a running sink is stopped first and started again',
  )
    .requiredOption(
      '--to <place>',
      'earliest, latest, a publishing time (2026-01-31T08:00:00Z) or a slot (slot:250000000; reads the topic up to it)',
    )
    .option('--dry-run', 'only show what would change')
    .option('--yes', `${YES[1]}; needed to leave records out`)
    .action((flags: ResetFlags) => reset(context, flags));
};

async function get(context: CliContext, flags: SinkFlags): Promise<void> {
  const { getOffsets } = await import('../../app/offsets.ts');
  const session = await context.session(flags);
  const streams = await getOffsets(session, (sink) => {
    context.printText(flags.output, offsetLines(sink));
    if (sink.unread === undefined) return;
    context.note(`✗ the next records cannot be read: ${sink.unread}`);
    context.setExitCode(1);
  });
  context.answer(flags.output, session, { streams });
}

async function reset(context: CliContext, { to, dryRun = false, yes, ...flags }: ResetFlags): Promise<void> {
  const { resetOffsets } = await import('../../app/offsets.ts');
  const session = await context.session(flags);
  const say = flags.output === 'text' ? context.print : context.note;
  const streams = await resetOffsets(session, {
    ...sinkOptions(context, flags),
    to,
    dryRun,
    async agree({ connector, again, skipped }) {
      // A rewind is asked for; leaving records out takes more than a yes typed in passing.
      if (skipped > 0n && yes !== true) {
        throw new ConnectError(
          'USAGE',
          `${connector} would leave out ${skipped} ${skipped === 1n ? 'record' : 'records'}; nothing was changed`,
          { details: { connector, skipped }, hint: 'say --yes to leave them out of the table' },
        );
      }
      await confirm(context, `stop ${connector} and let it read ${again} records again`, yes);
    },
    onEvent(event) {
      if (event.kind === 'searching')
        context.note(`searching ${event.topic} for slot ${event.slot} from its oldest record on`);
      else if (event.kind === 'planned') for (const line of resetLines(event.reset)) say(line);
      else context.note(`${event.connector} reads on from there; it is ${event.state}`);
    },
  });
  context.answer(flags.output, session, { to, streams });
}
