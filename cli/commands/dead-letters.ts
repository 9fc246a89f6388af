import type { Command } from 'commander';
import type { SourceTopic } from '../../app/dead-letters.ts';
import { confirm } from '../confirm.ts';
import type { CliContext, Register } from '../context.ts';
import { collect, type SinkFlags, type StreamFlags, sinkCommand, streamCommand, wholeNumber, YES } from '../flags.ts';
import { count } from '../format.ts';
import { groupLines, letterLines, replayLines, replaySummary } from '../render/dead-letters.ts';
import { sinkOptions, sinkReporter } from '../render/sinks.ts';

interface ListFlags extends StreamFlags {
  readonly where?: string[];
}

interface ShowFlags extends ListFlags {
  readonly limit: number;
}

interface ReplayFlags extends SinkFlags {
  readonly where?: string[];
  readonly limit?: number;
  readonly again?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

interface Words {
  readonly source: SourceTopic;
  readonly description: string;
  readonly replay: string;
}

const COUNT = wholeNumber(1, 999_999_999);
const WHERE = [
  '--where <field=value>',
  'only records with this value of a field of the update, or of cause, stage, partition, offset or key; may be repeated, all must hold',
  collect,
] as const;

/** `connect dlq list|show|replay`. */
export const registerDlq: Register = (program, context) =>
  registerSource(program, context, {
    source: 'dlq',
    description: 'list, show and replay records that the sink could not decode or PostgreSQL refused',
    replay: 'publish these records again with their key and partition, and prove that their rows arrive',
  });

/** `connect rejected list|show|replay`. */
export const registerRejected: Register = (program, context) =>
  registerSource(program, context, {
    source: 'rejected',
    description: 'list, show and replay updates that the producer refused',
    replay: 'validate and encode these updates again, publish what is accepted now, and prove that the rows arrive',
  });

function registerSource(program: Command, context: CliContext, { source, description, replay }: Words): void {
  const parent = program.command(source).description(description);

  streamCommand(parent, 'list', 'count these records by cause and stage')
    .option(...WHERE)
    .action((flags: ListFlags) => list(context, source, flags));

  streamCommand(parent, 'show', 'show these records with all that is known: fields or bytes, cause, place')
    .option(...WHERE)
    .option('--limit <records>', 'at most this many of each stream', COUNT, 10)
    .action((flags: ShowFlags) => show(context, source, flags));

  sinkCommand(parent, 'replay', replay)
    .option(...WHERE)
    .option('--limit <records>', 'replay at most this many of each stream', COUNT)
    .option(
      '--again',
      'also records that were replayed before, that came back three times, or whose row holds a later delivery',
    )
    .option('--dry-run', 'only show what would be replayed, and why the rest would not')
    .option(...YES)
    .action((flags: ReplayFlags) => replayAgain(context, source, flags));
}

async function list(context: CliContext, source: SourceTopic, { where, output, ...flags }: ListFlags): Promise<void> {
  const { listDeadLetters } = await import('../../app/dead-letters.ts');
  const session = await context.session(flags);
  const streams = await listDeadLetters(session, {
    source,
    where,
    onEvent: sinkReporter(context, (listed) => context.printText(output, groupLines(listed))),
  });
  context.answer(output, session, { streams });
}

async function show(
  context: CliContext,
  source: SourceTopic,
  { where, output, limit, ...flags }: ShowFlags,
): Promise<void> {
  const { showDeadLetters } = await import('../../app/dead-letters.ts');
  const session = await context.session(flags);
  const streams = await showDeadLetters(session, {
    source,
    where,
    limit,
    onEvent: sinkReporter(context, ({ letters, of }) => {
      context.printText(output, letters.flatMap(letterLines));
      if (of > letters.length) context.note(`${of - letters.length} more; see them with --limit or --where`);
    }),
  });
  context.answer(output, session, { streams });
}

async function replayAgain(context: CliContext, source: SourceTopic, flags: ReplayFlags): Promise<void> {
  const { replayDeadLetters } = await import('../../app/dead-letters.ts');
  const { where, limit, output, again = false, dryRun = false, yes } = flags;
  const session = await context.session(flags);
  const streams = await replayDeadLetters(session, {
    source,
    where,
    limit,
    again,
    dryRun,
    ...sinkOptions(context, flags),
    agree: (records, topic) =>
      confirm(context, `publish ${count(records)} ${records === 1 ? 'record' : 'records'} to ${topic} again`, yes),
    onEvent: sinkReporter(context, (result) => {
      context.printText(output, replayLines(result));
      context.note(replaySummary(result, dryRun));
      if (result.arrived < result.replayed) context.setExitCode(1);
    }),
  });
  context.answer(output, session, { streams });
}
