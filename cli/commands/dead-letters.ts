import type { ListedDeadLetters } from '../../app/dead-letters.ts';
import { confirm } from '../confirm.ts';
import type { Register } from '../context.ts';
import { collect, sinkCommand, streamCommand, wholeNumber, YES } from '../flags.ts';
import { count, noun } from '../format.ts';
import {
  discardLines,
  discardSummary,
  groupLines,
  letterLines,
  replayLines,
  replaySummary,
} from '../render/dead-letters.ts';
import { sinkOptions } from '../render/sinks.ts';

const COMMANDS = [
  {
    source: 'dlq',
    description: 'list, show, replay and discard records that the sink could not decode or PostgreSQL refused',
    replay: 'publish these records again with their key and partition, and prove that their rows arrive',
  },
  {
    source: 'rejected',
    description: 'list, show, replay and discard updates that the producer refused',
    replay: 'validate and encode these updates again, publish what is accepted now, and prove that the rows arrive',
  },
] as const;

const COUNT = wholeNumber(1, 999_999_999);
const WHERE = [
  '--where <field=value>',
  'only records with this value of a field of the update, or of cause, stage, partition, offset or key; may be repeated, all must hold',
  collect,
] as const;

/** `connect dlq|rejected list|show|replay|discard`. */
export const registerDeadLetters: Register = (program, context) => {
  for (const { source, description, replay } of COMMANDS) {
    const parent = program.command(source).description(description);

    streamCommand(parent, 'list')
      .description('count these records by cause and stage')
      .option(...WHERE)
      .action(async ({ where, ...flags }) => {
        const { listDeadLetters } = await import('../../app/dead-letters.ts');
        const session = await context.session(flags);
        const onDone = (listed: ListedDeadLetters) => context.printText(groupLines(listed));
        const streams = await listDeadLetters(session, { source, where, ...sinkOptions(context), onDone });
        context.answer(session, { streams });
      });

    streamCommand(parent, 'show')
      .description('show these records with all that is known: fields or bytes, cause, place')
      .option(...WHERE)
      .option('--limit <records>', 'at most this many of each stream', COUNT, 10)
      .action(async ({ where, limit, ...flags }) => {
        const { showDeadLetters } = await import('../../app/dead-letters.ts');
        const session = await context.session(flags);
        const streams = await showDeadLetters(session, {
          source,
          where,
          limit,
          ...sinkOptions(context),
          onDone: ({ letters, of }) => {
            context.printText(letters.flatMap(letterLines));
            if (of > letters.length) context.note(`${of - letters.length} more; see them with --limit or --where`);
          },
        });
        context.answer(session, { streams });
      });

    sinkCommand(parent, 'replay')
      .description(replay)
      .option(...WHERE)
      .option('--limit <records>', 'replay at most this many of each stream', COUNT)
      .option(
        '--again',
        'also records that were replayed or discarded before, that came back three times, or whose row holds a later delivery',
      )
      .option('--dry-run', 'only show what would be replayed, and why the rest would not')
      .option(...YES)
      .action(async ({ where, limit, again = false, dryRun = false, yes, timeout, ...flags }) => {
        const { replayDeadLetters } = await import('../../app/dead-letters.ts');
        const session = await context.session({ ...flags, timeout });
        const streams = await replayDeadLetters(session, {
          source,
          where,
          limit,
          again,
          dryRun,
          ...sinkOptions(context, { timeout }),
          agree: (records, topic) =>
            confirm(context, `publish ${count(records)} ${noun(records, 'record')} to ${topic} again`, yes),
          onDone: (result) => {
            context.printText(replayLines(result));
            context.note(replaySummary(result, dryRun));
            if (result.arrived < result.replayed) context.setExitCode(1);
          },
        });
        context.answer(session, { streams });
      });

    streamCommand(parent, 'discard')
      .description('say that these records need not reach the table; they no longer count, and stay')
      .requiredOption('--reason <text>', 'why; it is kept with each of them')
      .option(...WHERE)
      .option('--dry-run', 'only show what would be discarded')
      .option(...YES)
      .action(async ({ where, reason, dryRun = false, yes, ...flags }) => {
        const { discardDeadLetters } = await import('../../app/dead-letters.ts');
        const session = await context.session(flags);
        const streams = await discardDeadLetters(session, {
          source,
          where,
          reason,
          dryRun,
          ...sinkOptions(context),
          agree: (records, stream) =>
            confirm(context, `discard ${count(records)} ${noun(records, 'record')} of ${stream}`, yes),
          onDone: (result) => {
            context.printText(discardLines(result));
            context.note(discardSummary(result, dryRun));
          },
        });
        context.answer(session, { streams });
      });
  }
};
