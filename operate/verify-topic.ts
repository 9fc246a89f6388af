import type { KafkaConnection } from '../core/kafka.ts';
import { type PartitionRange, type ScannedRecord, scanTopic } from '../core/kafka-scan.ts';
import { deadLetterTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroSchema } from '../schemas/avro-schema.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import { canonicalRecord, differingColumns } from './canonical.ts';
import { deadLetterName, formatPlace } from './dead-letters/record-headers.ts';
import type { TableReader } from './table-reader.ts';
import type { DifferenceLog } from './verify-report.ts';

const CHUNK = 1_000;

export interface TopicCheck {
  readonly kafka: KafkaConnection;
  readonly stream: StreamDefinition;
  readonly schema: AvroSchema;
  readonly decoder: RecordDecoder;
  readonly table: TableReader;
  readonly differences: DifferenceLog;
  readonly onProgress?: (records: number) => void;
  readonly signal?: AbortSignal;
}

export interface TopicFigures {
  readonly ranges: readonly PartitionRange[];
  readonly records: number;
  /** Records which a row names as its own and equals. */
  readonly exact: number;
  /** Records which a row names as its own, but differs from. */
  readonly differing: number;
  readonly superseded: number;
  readonly deadLetters: number;
}

/**
 * Proves that every record of the topic is in the table: its identity has a row, and the row that names this record
 * (partition, offset) equals it in every column. A row that names a later record supersedes this one; that later
 * record is compared when the scan reaches it. Memory stays bounded whatever the topic's size.
 */
export async function checkTopic(check: TopicCheck): Promise<TopicFigures> {
  const { kafka, stream, differences } = check;
  const deadLetters = await readDeadLetters(check);
  let records = 0;
  let exact = 0;
  let differing = 0;
  let superseded = 0;

  const compare = async (chunk: readonly ScannedRecord[]): Promise<void> => {
    const decoded = await Promise.all(chunk.map((record) => decodeRecord(check, record, deadLetters)));
    const readable = decoded.filter((entry) => entry !== undefined);
    const rows = await check.table.find(readable.map(({ values }) => values));
    for (const { record, values } of readable) {
      const place = placeOf(stream, record);
      const row = rows.get(check.table.keyOf(values));
      const key = Object.fromEntries(stream.table.key.map((name) => [name, values[name] ?? null]));
      if (row !== undefined && row.partition === record.partition && row.offset === record.offset) {
        const columns = differingColumns(check.schema.fields, values, row.values);
        if (columns.length === 0) exact += 1;
        else {
          differing += 1;
          const shown = columns.map((name) => `${name}: record ${values[name]}, row ${row.values[name]}`).join('; ');
          differences.add({ kind: 'unequal', record: place, key, message: `${place} differs from its row: ${shown}` });
        }
      } else if (deadLetters.has(place)) {
        // It never reached the table; a row of its identity is another delivery, which is compared by itself.
      } else if (row === undefined) {
        const message = `${place} has no row in ${stream.table.name}`;
        differences.add({ kind: 'missing', record: place, key, message });
      } else if (row.offset !== null && row.partition === record.partition && row.offset > record.offset) {
        superseded += 1;
      } else {
        const claimed = row.offset === null ? 'no record' : `${stream.topic.name}-${row.partition}@${row.offset}`;
        differences.add({ kind: 'unequal', record: place, key, message: `the row of ${place} names ${claimed}` });
      }
    }
    records += chunk.length;
    check.onProgress?.(records);
  };

  const ranges = await scanTopic(kafka, {
    topic: stream.topic.name,
    clientId: 'perps-connect-verify',
    ...(check.signal ? { signal: check.signal } : {}),
    onRecords: async (batch) => {
      for (let from = 0; from < batch.length; from += CHUNK) await compare(batch.slice(from, from + CHUNK));
    },
  });
  return { ranges, records, exact, differing, superseded, deadLetters: deadLetters.size };
}

const placeOf = (stream: StreamDefinition, { partition, offset }: Pick<ScannedRecord, 'partition' | 'offset'>) =>
  formatPlace({ topic: stream.topic.name, partition, offset });

async function decodeRecord(check: TopicCheck, record: ScannedRecord, deadLetters: ReadonlySet<string>) {
  // A tombstone carries no update; the sink skips it.
  if (record.value === null) return undefined;
  try {
    const value = await check.decoder.decode(record.value);
    return { record, values: canonicalRecord(check.schema.fields, value) };
  } catch (error) {
    const place = placeOf(check.stream, record);
    if (!deadLetters.has(place)) {
      const reason = error instanceof Error ? error.message : String(error);
      check.differences.add({ kind: 'missing', record: place, message: `${place} does not decode: ${reason}` });
    }
    return undefined;
  }
}

/** The original places of all dead letters, from the headers Connect and `quarantine` write. */
async function readDeadLetters({ kafka, stream, signal }: TopicCheck): Promise<Set<string>> {
  const places = new Set<string>();
  const topic = deadLetterTopic(stream);
  await scanTopic(kafka, {
    topic,
    clientId: 'perps-connect-verify',
    ...(signal ? { signal } : {}),
    onRecords: async (records) => {
      for (const { headers, partition, offset } of records) {
        places.add(deadLetterName(headers, { topic, partition, offset }));
      }
    },
  });
  return places;
}
