import type { Command } from 'commander';
import type { LetterBox } from '../../operate/letters/letter.ts';
import type { CliContext } from '../context.ts';
import { collect, wholeNumber, withSinkFlags, withStreamFlags } from '../flags.ts';
import type { LetterFlags, ReplayFlags } from '../letters.ts';

/** `connect dlq list|show|replay`. */
export const registerDlq = (program: Command, context: CliContext): void =>
  registerBox(program, context, {
    box: 'dlq',
    description: 'records that the sink could not decode or PostgreSQL refused: list, show, replay',
    replay: 'publish them again under their key in their partition, and prove that their rows arrived',
  });

/** `connect rejected list|show|replay`. */
export const registerRejected = (program: Command, context: CliContext): void =>
  registerBox(program, context, {
    box: 'rejected',
    description: 'updates that the producer refused: list, show, replay',
    replay: 'validate and encode them anew, publish what is accepted now, and prove that the rows arrived',
  });

function registerBox(
  program: Command,
  context: CliContext,
  words: { readonly box: LetterBox; readonly description: string; readonly replay: string },
): void {
  const { box } = words;
  const parent = program.command(box).description(words.description);
  const where = 'only where all hold: a field of the update, or cause, stage, partition, offset, key; repeatable';

  withStreamFlags(parent.command('list').description('count them by cause and stage'))
    .option('--where <field=value>', where, collect)
    .action(async (flags: LetterFlags) => (await import('../letters.ts')).listLetters(context, box, flags));

  withStreamFlags(parent.command('show').description('show them with all that is known: fields or bytes, cause, place'))
    .option('--where <field=value>', where, collect)
    .option('--limit <records>', 'at most so many of each stream', COUNT, 10)
    .action(async (flags: LetterFlags) => (await import('../letters.ts')).showLetters(context, box, flags));

  withSinkFlags(parent.command('replay').description(words.replay))
    .option('--where <field=value>', where, collect)
    .option('--limit <records>', 'replay at most so many of each stream', COUNT)
    .option('--again', 'also what was replayed before, came back three times, or has a later delivery in the table')
    .option('--dry-run', 'only show what would be replayed, and why the rest would not')
    .option('--yes', 'do it without asking')
    .action(async (flags: ReplayFlags) => (await import('../letters.ts')).replayBox(context, box, flags));
}

const COUNT = wholeNumber(1, 999_999_999);
