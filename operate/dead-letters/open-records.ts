import { ifFound } from '../../core/errors.ts';
import { createIdSet } from '../../core/id-set.ts';
import { topicRanges } from '../../core/kafka-scan.ts';
import { rejectedTopic } from '../../pipeline/names.ts';
import type { StreamSource } from '../read-records.ts';
import type { SourceTopic } from './dead-letter.ts';
import { deletedUpdates, type FirstOffsets, firstOffsets, unhandledDeleted } from './deleted-updates.ts';
import { discardMarks } from './discard-marks.ts';
import { letterSource } from './letter-source.ts';
import { replayMarks } from './replay-marks.ts';

/** How many records the two source topics have. */
export interface SourceCounts {
  readonly rejected: bigint;
  readonly deadLetters: bigint;
  /** Where the rejected topic begins. What Kafka deleted before counts as open, unless somebody has handled it. */
  readonly rejectedFrom?: FirstOffsets | undefined;
}

/** Of them, what is open. */
export type OpenCounts = Pick<SourceCounts, 'rejected' | 'deadLetters'>;

/**
 * Of these records, those that are neither replayed nor discarded. Reads the topics only where there are marks. `each`: whether
 * copies of one record count once.
 */
export async function countOpen(
  source: StreamSource,
  counts: SourceCounts,
  { each }: { readonly each: 'record' | 'content' },
): Promise<OpenCounts> {
  const { rejected, deadLetters, rejectedFrom = new Map() } = counts;
  if (rejected + deadLetters + deletedUpdates(rejectedFrom) === 0n) return { rejected, deadLetters };
  const { handled, names, discarded } = await readHandled(source);
  const deleted = unhandledDeleted(source.stream, rejectedFrom, discarded, names);
  if (handled.size === 0) return { rejected: rejected + deleted, deadLetters };
  const openIn = async (topic: SourceTopic, count: bigint): Promise<bigint> => {
    if (count === 0n) return 0n;
    const seen = createIdSet();
    let open = 0;
    await letterSource(source, topic).scan(async ({ recordId }) => {
      if (handled.has(recordId)) return;
      open += each === 'record' || seen.add(recordId) ? 1 : 0;
    });
    return BigInt(open);
  };
  return {
    rejected: deleted + (await openIn('rejected', rejected)),
    deadLetters: await openIn('dlq', deadLetters),
  };
}

/** What is replayed or discarded: record ids, and names of letters; none without the topic of marks. Writes nothing. */
async function readHandled(source: StreamSource) {
  const discarded = (await ifFound(discardMarks(source).read())) ?? new Map();
  const replayed = [...((await ifFound(replayMarks(source).read())) ?? new Map())];
  const sent = replayed.filter(([_recordId, { state }]) => state === 'sent');
  return {
    discarded,
    handled: new Set([...discarded.keys(), ...sent.map(([recordId]) => recordId)]),
    names: [...discarded.values(), ...sent.map(([_recordId, mark]) => mark)].map(({ of }) => of),
  };
}

/** Refused updates that Kafka has deleted: where their topic begins, and how many nobody has handled. Errors: UNREACHABLE. */
export async function readDeleted(
  source: StreamSource,
): Promise<{ readonly first: FirstOffsets; readonly open: number }> {
  const first = firstOffsets(await topicRanges(source.kafka, rejectedTopic(source.stream), 'perps-connect-letters'));
  if (deletedUpdates(first) === 0n) return { first, open: 0 };
  const { names, discarded } = await readHandled(source);
  return { first, open: Number(unhandledDeleted(source.stream, first, discarded, names)) };
}

/** So many say how long the others are. */
const SAMPLE = 200;

/** Mean size of the oldest refused updates, as their topic holds them; 0 when there are none. */
export async function meanRejectedBytes(source: StreamSource): Promise<number> {
  let [count, bytes] = [0, 0];
  await letterSource(source, 'rejected').scan(async ({ record: { key, value, headers } }) => {
    const words = Object.entries(headers).flatMap(([name, text]) => [name, ...[text ?? []].flat()]);
    bytes += words.reduce((sum, { length }) => sum + length, (key?.length ?? 0) + (value?.length ?? 0));
    count += 1;
    return count < SAMPLE ? undefined : 'enough';
  });
  return count === 0 ? 0 : bytes / count;
}
