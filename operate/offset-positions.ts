import { nextOffset, positionsIn, type SinkPosition } from '../connectors/sink-group.ts';
import { withAdmin } from '../core/kafka.ts';
import { noSuchTopic, type ScannedRecord, scanTopic } from '../core/kafka-scan.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import { decodeValue } from './judge-records.ts';
import type { StreamSource } from './read-records.ts';

export const CLIENT_ID = 'perps-connect-offsets';

/** Where the sink stands in every partition of its topic. Errors: NOT_FOUND, UNREACHABLE. */
export async function readPositions({ stream, kafka }: StreamSource): Promise<SinkPosition[]> {
  const positions = await withAdmin(kafka, CLIENT_ID, (admin) => positionsIn(admin, stream));
  if (positions === undefined) throw noSuchTopic(stream.topic.name);
  return positions;
}

/** The record that a sink reads next. */
export interface NextRecord {
  readonly offset: bigint;
  /** When it was published, ISO 8601 in UTC. */
  readonly publishedAt: string;
  /** Undefined when the stream has no slots or the record does not decode. */
  readonly slot: bigint | undefined;
}

/** The next record of every partition that has one. Errors: UNREACHABLE, TIMEOUT, NOT_FOUND. */
export async function readNextRecords(
  { stream, kafka }: StreamSource,
  positions: readonly SinkPosition[],
  decoder: RecordDecoder,
): Promise<Map<number, NextRecord>> {
  const next = new Map<number, NextRecord>();
  const behind = positions.filter(({ lag }) => lag > 0n);
  if (behind.length === 0) return next;
  await scanTopic(kafka, {
    topic: stream.topic.name,
    clientId: CLIENT_ID,
    stallMs: 10_000,
    starts: new Map(behind.map((position) => [position.partition, nextOffset(position)])),
    onRecords: async ([record]) => {
      if (record === undefined || next.has(record.partition)) return 'enough';
      const { partition, offset, timestampMs } = record;
      const slot = await slotOf(record, stream, decoder);
      next.set(partition, { offset, publishedAt: new Date(timestampMs).toISOString(), slot });
      return 'enough';
    },
  });
  return next;
}

/**
 * The slot of a record by its schema; undefined when the stream has none or the record does not decode.
 * Errors: UNREACHABLE when the registry does not answer, because that says nothing about the record.
 */
export async function slotOf(
  { value }: Pick<ScannedRecord, 'value'>,
  { table }: StreamDefinition,
  decoder: RecordDecoder,
): Promise<bigint | undefined> {
  if (table.current === undefined) return undefined;
  const decoded = await decodeValue(decoder, value);
  const slot = decoded.kind === 'good' ? decoded.values[table.current.order] : undefined;
  return typeof slot === 'bigint' || typeof slot === 'number' ? BigInt(slot) : undefined;
}
