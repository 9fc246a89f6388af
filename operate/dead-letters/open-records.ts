import { ifFound } from '../../core/errors.ts';
import { createIdSet } from '../../core/id-set.ts';
import type { StreamSource } from '../read-records.ts';
import type { SourceTopic } from './dead-letter.ts';
import { discardMarks } from './discard-marks.ts';
import { letterSource } from './letter-source.ts';
import { replayMarks } from './replay-marks.ts';

/** How many records the two source topics have. */
export interface SourceCounts {
  readonly rejected: bigint;
  readonly deadLetters: bigint;
}

/**
 * Of these records, those that are neither replayed nor discarded. Reads the topics only where there are marks. `each`: whether
 * copies of one record count once.
 */
export async function countOpen(
  source: StreamSource,
  counts: SourceCounts,
  { each }: { readonly each: 'record' | 'content' },
): Promise<SourceCounts> {
  if (counts.rejected + counts.deadLetters === 0n) return counts;
  const handled = await readHandled(source);
  if (handled.size === 0) return counts;
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
    rejected: await openIn('rejected', counts.rejected),
    deadLetters: await openIn('dlq', counts.deadLetters),
  };
}

/** Record ids of what is replayed or discarded; none without the topic of marks. Writes nothing. */
async function readHandled(source: StreamSource): Promise<ReadonlySet<string>> {
  const discarded = (await ifFound(discardMarks(source).read())) ?? new Map();
  const replayed = (await ifFound(replayMarks(source).read())) ?? new Map();
  const sent = [...replayed].flatMap(([recordId, { state }]) => (state === 'sent' ? [recordId] : []));
  return new Set([...discarded.keys(), ...sent]);
}
