import { type ScannedRecord, scanTopic } from '../core/kafka-scan.ts';
import type { StreamSource } from './read-records.ts';

interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

/** Of a place in a topic, for maps. */
export const placeId = ({ partition, offset }: Place): string => `${partition}@${offset}`;

/**
 * Reads the records at these places, as far as they are there, and of each partition what stands between the first and the last. Errors:
 * NOT_FOUND without the topic, UNREACHABLE.
 */
export async function readPlaces(
  { kafka, signal }: Pick<StreamSource, 'kafka' | 'signal'>,
  { topic, clientId, places }: { readonly topic: string; readonly clientId: string; readonly places: readonly Place[] },
  onRecord: (record: ScannedRecord) => void,
): Promise<void> {
  const wanted = new Set(places.map(placeId));
  const starts = new Map<number, bigint>();
  const ends = new Map<number, bigint>();
  for (const { partition, offset } of places) {
    if (offset < (starts.get(partition) ?? offset + 1n)) starts.set(partition, offset);
    if (offset >= (ends.get(partition) ?? 0n)) ends.set(partition, offset + 1n);
  }
  await scanTopic(kafka, {
    topic,
    clientId,
    signal,
    starts,
    ends,
    async onRecords(records) {
      for (const record of records) if (wanted.has(placeId(record))) onRecord(record);
    },
  });
}
