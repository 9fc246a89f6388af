import type { DraftAnswers, FeedCatalog } from '../app/inspect-feed.ts';
import { ConnectError } from '../core/errors.ts';
import { ask, askFor } from './ask.ts';
import type { CliContext } from './context.ts';
import { parsePosition } from './feed-flags.ts';
import { methodLines } from './render/feed.ts';

/** Asks for the method, where somebody can answer. */
export async function askMethod(context: CliContext, { methods }: FeedCatalog): Promise<string | undefined> {
  if (!context.isTty) return undefined;
  context.note(...methodLines(methods));
  return ask(context, 'method: ');
}

/** As the question about the position offers them. */
const POSITIONS = { slot: 'slot=FIELD', cursor: 'cursor=FIELD' } as const;

/** Asks for what the flags leave open and only a person knows. */
export async function askRest(
  context: CliContext,
  catalog: FeedCatalog,
  method: string,
  answers: DraftAnswers,
): Promise<DraftAnswers> {
  const { draftChoices } = await import('../app/inspect-feed.ts');
  const { updates, fieldsOf, positions, requirePosition } = draftChoices(catalog, method, answers.update);
  const oneOf = (words: readonly string[]) => (answer: string) =>
    answer.split(',').every((one) => words.includes(one)) ? undefined : `of ${words.join(', ')}`;
  const update =
    updates.length === 0 ? answers.update : await askFor(context, 'the update is', updates[0] ?? '', oneOf(updates));
  const fields = fieldsOf(update);
  const key =
    answers.key ?? (await askFor(context, 'fields that tell updates apart', fields[0] ?? '', oneOf(fields))).split(',');
  // Where there is nothing to choose from, the draft says why.
  if (answers.position !== undefined || positions.length < 2) return { ...answers, update, key };
  const offered = positions.flatMap((kind) => (kind === 'none' ? [] : POSITIONS[kind])).join(' or ');
  const otherwise = positions.find((kind) => kind === 'none');
  const text = await askFor(context, `resumed by ${offered}`, otherwise, (answer) => {
    try {
      requirePosition(update, parsePosition(answer));
      return undefined;
    } catch (error) {
      if (error instanceof ConnectError) return `${error.message}: ${error.hint}`;
      return `${offered}; behind a colon the field of the request that takes it back`;
    }
  });
  return { ...answers, update, key, position: parsePosition(text) };
}
