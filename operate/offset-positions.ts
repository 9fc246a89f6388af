import type { Admin } from 'kafkajs';
import { ConnectError } from '../core/errors.ts';
import { type KafkaConnection, withAdmin } from '../core/kafka.ts';
import { type ScannedRecord, scanTopic } from '../core/kafka-scan.ts';
import { sinkGroup } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';

export const CLIENT_ID = 'perps-connect-offsets';

/** Where a sink stands in one partition whose records are in [low, end). */
export interface Position {
  readonly partition: number;
  readonly low: bigint;
  readonly end: bigint;
  /** Next offset the sink reads; undefined when it has committed none and so begins with the oldest record. */
  readonly committed: bigint | undefined;
  readonly lag: bigint;
}

export interface OffsetSources {
  readonly stream: StreamDefinition;
  readonly kafka: KafkaConnection;
}

/** Where the sink stands in every partition of its topic. Errors: NOT_FOUND, UNREACHABLE. */
export async function readPositions({ stream, kafka }: OffsetSources): Promise<Position[]> {
  const topic = stream.topic.name;
  return withAdmin(kafka, CLIENT_ID, async (admin) => {
    const positions = await positionsIn(admin, stream);
    if (positions !== undefined) return positions;
    throw new ConnectError('NOT_FOUND', `topic ${topic} does not exist`, {
      details: { topic },
      hint: '`connect deploy` creates it',
    });
  });
}

/** As `readPositions`; undefined without the topic. */
export async function positionsIn(admin: Admin, stream: StreamDefinition): Promise<Position[] | undefined> {
  const topic = stream.topic.name;
  if (!(await admin.listTopics()).includes(topic)) return undefined;
  const [ends, [found]] = await Promise.all([
    admin.fetchTopicOffsets(topic),
    admin.fetchOffsets({ groupId: sinkGroup(stream), topics: [topic] }),
  ]);
  const known = (found?.partitions ?? []).map(({ partition, offset }) => [partition, BigInt(offset)] as const);
  const committed = new Map(known.filter(([, offset]) => offset >= 0n));
  return ends
    .map(({ partition, low, high }) => {
      const position = committed.get(partition);
      const range = { partition, low: BigInt(low), end: BigInt(high), committed: position };
      return { ...range, lag: range.end - nextOffset(range) };
    })
    .sort((a, b) => a.partition - b.partition);
}

/** The record the sink reads next: Kafka may have expired what it had committed, or the topic may be a new one. */
export function nextOffset({ low, end, committed }: Omit<Position, 'lag'>): bigint {
  const next = committed ?? low;
  if (next < low) return low;
  return next > end ? end : next;
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
  { stream, kafka }: OffsetSources,
  positions: readonly Position[],
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
  if (value === null || table.current === undefined) return undefined;
  try {
    const slot = (await decoder.decode(value))[table.current.order];
    return typeof slot === 'bigint' || typeof slot === 'number' ? BigInt(slot) : undefined;
  } catch (error) {
    if (error instanceof ConnectError && error.code !== 'NOT_FOUND') throw error;
    return undefined;
  }
}
