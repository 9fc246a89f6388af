import { inChunks } from '../in-chunks.ts';
import { formatPlace } from '../record-place.ts';
import type { SinkAction } from '../sink-action.ts';
import type { SourceTopic } from './dead-letter.ts';
import { deletedMarks } from './deleted-updates.ts';
import { discardedWhy, discardMarks } from './discard-marks.ts';
import { type LetterSource, runLetters } from './letter-source.ts';
import { readDeleted } from './open-records.ts';
import { readReplayed } from './replay-marks.ts';

export interface DiscardOptions {
  /** Why these records need not reach the table. */
  readonly reason: string;
  readonly dryRun: boolean;
  /** Asked once, with the number of records; throws when that is not wanted. */
  readonly agree: (records: number, stream: string) => Promise<void>;
}

/** What became of one dead letter. */
export interface DiscardedLetter {
  readonly letter: string;
  readonly cause: string;
  /** `planned`: would be discarded; a dry run. The others were replayed or discarded before. */
  readonly outcome: 'discarded' | 'planned' | 'replayed-before' | 'discarded-before';
  readonly reason?: string | undefined;
}

export interface DiscardResult {
  readonly letters: readonly DiscardedLetter[];
  readonly discarded: number;
  /** Letters that nobody has handled and that one run has no room for. */
  readonly more?: number | undefined;
  /** Refused updates that Kafka has deleted and that nobody had handled; a run without conditions discards them as well. */
  readonly deleted?: number | undefined;
}

const BATCH = 500;
const NOTHING_DELETED = { first: new Map<number, bigint>(), open: 0 };

/**
 * Marks dead letters as discarded, so that they no longer count. They stay in their topic, and a replay leaves them alone.
 * Errors: those of Kafka.
 */
export async function discardRecords(
  action: SinkAction,
  kind: SourceTopic,
  source: LetterSource,
  { reason, dryRun, agree }: DiscardOptions,
): Promise<DiscardResult> {
  const marks = discardMarks(action);
  const [replayed, discarded] = [await readReplayed(action), await marks.read()];
  const isDone = (recordId: string): boolean => replayed.has(recordId) || discarded.has(recordId);
  const known = await runLetters(source, isDone);
  const more = known.more === 0 ? undefined : known.more;
  const letters = known.letters.map(({ name: letter, cause, recordId }): DiscardedLetter => {
    const place = replayed.get(recordId);
    if (place !== undefined)
      return { letter, cause, outcome: 'replayed-before', reason: `replayed as ${formatPlace(place)}` };
    const mark = discarded.get(recordId);
    if (mark !== undefined) return { letter, cause, outcome: 'discarded-before', reason: discardedWhy(mark) };
    return { letter, cause, outcome: 'planned' };
  });
  const open = known.letters.filter((_one, index) => letters[index]?.outcome === 'planned');
  const { first, open: deleted } = source.isPart || kind === 'dlq' ? NOTHING_DELETED : await readDeleted(action);
  const rest = { more, deleted: deleted === 0 ? undefined : deleted };
  if (dryRun || open.length + deleted === 0) return { letters, discarded: 0, ...rest };
  await agree(open.length + deleted, action.stream.name);
  const at = new Date().toISOString();
  for (const batch of inChunks(open, BATCH)) {
    await marks.write(new Map(batch.map(({ recordId, name }) => [recordId, { of: name, reason, at }])));
  }
  if (deleted > 0) await marks.write(deletedMarks(action.stream, first, { reason, at }));
  return {
    letters: letters.map((one) => (one.outcome === 'planned' ? { ...one, outcome: 'discarded' } : one)),
    discarded: open.length,
    ...rest,
  };
}
