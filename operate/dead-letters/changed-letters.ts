import type { PartitionRange } from '../../core/kafka-admin.ts';
import { placeId, readPlaces } from '../read-places.ts';
import type { StreamSource } from '../read-records.ts';
import type { DeadLetter } from './dead-letter.ts';

/**
 * Dead letters whose key or value is not that of the record whose place their headers name, where that is still there. Connect copies a
 * record as it is; whoever may write to the topic can write any other under the same headers.
 */
export async function findChanged(
  source: StreamSource,
  letters: readonly DeadLetter[],
  ranges: readonly PartitionRange[],
): Promise<ReadonlySet<DeadLetter>> {
  const topic = source.stream.topic.name;
  const kept = new Map(ranges.map(({ partition, low, high }) => [partition, { low, high }]));
  const byPlace = new Map<string, DeadLetter[]>();
  const places = letters.flatMap((letter) => {
    const { origin } = letter;
    const range = origin?.topic === topic ? kept.get(origin.partition) : undefined;
    if (origin === undefined || range === undefined || origin.offset < range.low || origin.offset >= range.high)
      return [];
    byPlace.set(placeId(origin), [...(byPlace.get(placeId(origin)) ?? []), letter]);
    return [origin];
  });
  const changed = new Set<DeadLetter>();
  if (places.length === 0) return changed;
  await readPlaces(source, { topic, clientId: 'perps-connect-replay', places }, (original) => {
    for (const letter of byPlace.get(placeId(original)) ?? [])
      if (!isSame(letter.record.key, original.key) || !isSame(letter.record.value, original.value)) changed.add(letter);
  });
  return changed;
}

const isSame = (one: Buffer | null, other: Buffer | null): boolean =>
  one === null || other === null ? one === other : one.equals(other);
