import type { PartitionRange } from '../core/kafka-admin.ts';
import { type ScannedRecord, scanTopic } from '../core/kafka-scan.ts';
import { deadLetterTopic, isDeliveryField } from '../pipeline/names.ts';
import type { AvroField } from '../schemas/avro-schema.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import { type CanonicalRow, canonicalRecord, differingColumns, pickColumns } from './canonical.ts';
import { deadLetterName } from './dead-letters/record-headers.ts';
import { inChunks } from './in-chunks.ts';
import { decodeValue } from './judge-records.ts';
import { readRecords, type StreamSource } from './read-records.ts';
import { placeOf } from './record-place.ts';
import type { TableRow } from './table-reader.ts';
import type { TableCheck } from './verify-report.ts';

const CHUNK = 1_000;

export interface TopicCheck extends TableCheck {
  /** All fields that the sink writes. */
  readonly written: readonly AvroField[];
  readonly decoder: RecordDecoder;
  readonly onProgress?: ((records: number) => void) | undefined;
}

export interface TopicFigures {
  readonly ranges: readonly PartitionRange[];
  readonly records: number;
  /** Records which a row names as its own. */
  readonly named: number;
  /** Records whose row names a later record. */
  readonly superseded: number;
  readonly deadLetters: number;
}

/**
 * Proves that every record of the topic is in the table: its identity has a row, and the row that names this record
 * (partition, offset) equals it in every column. A row that names a later record supersedes this one; that later
 * record is compared when the scan reaches it. Memory stays bounded whatever the topic's size.
 */
export async function checkTopic(check: TopicCheck): Promise<TopicFigures> {
  const { kafka, stream, signal, table } = check;
  const deadLetters = await readDeadLetterNames(check);
  const figures = { records: 0, named: 0, superseded: 0, deadLetters: deadLetters.size };
  const compare = async (chunk: readonly ScannedRecord[]): Promise<void> => {
    const decoded = await Promise.all(chunk.map((record) => decodeRecord(check, record, deadLetters)));
    const readable = decoded.filter((entry) => entry !== undefined);
    const rows = await table.find(readable.map(({ values }) => values));
    for (const { record, values } of readable) {
      const found = compareRecord(check, record, values, rows.get(table.keyOf(values)), deadLetters);
      if (found !== undefined) figures[found] += 1;
    }
    figures.records += chunk.length;
    check.onProgress?.(figures.records);
  };
  const ranges = await scanTopic(kafka, {
    topic: stream.topic.name,
    clientId: 'perps-connect-verify',
    signal,
    onRecords: async (batch) => {
      for (const chunk of inChunks(batch, CHUNK)) await compare(chunk);
    },
  });
  return { ranges, ...figures };
}

/** Compares a record with the row of its identity. */
function compareRecord(
  { stream, written, differences }: TopicCheck,
  record: ScannedRecord,
  values: CanonicalRow,
  row: TableRow | undefined,
  deadLetters: ReadonlySet<string>,
): 'named' | 'superseded' | undefined {
  const place = placeOf(stream, record);
  const report = (kind: 'missing' | 'unequal', message: string): void =>
    differences.add({ kind, record: place, key: pickColumns(stream.table.key, values), message });
  const isInPartition = row?.partition === record.partition;
  if (row !== undefined && isInPartition && row.offset === record.offset) {
    // A producer that does not count yet leaves the number alone that a row has.
    const said = written.filter(({ name }) => values[name] !== null || !isDeliveryField(stream, name));
    const columns = differingColumns(said, values, row.values);
    const shown = columns.map((name) => `${name}: record ${values[name]}, row ${row.values[name]}`);
    if (shown.length > 0) report('unequal', `${place} differs from its row: ${shown.join('; ')}`);
    return 'named';
  }
  // It never reached the table: a row of its identity is another delivery, which is compared by itself.
  if (deadLetters.has(place)) return undefined;
  if (row === undefined) {
    report('missing', `${place} has no row in ${stream.table.name}`);
    return undefined;
  }
  if (isInPartition && (row.offset ?? -1n) > record.offset) return 'superseded';
  report('unequal', `the row of ${place} names ${row.offset === null ? 'no record' : placeOf(stream, row)}`);
  return undefined;
}

async function decodeRecord(
  { stream, written, decoder, differences }: TopicCheck,
  record: ScannedRecord,
  deadLetters: ReadonlySet<string>,
) {
  const judgement = await decodeValue(decoder, record.value);
  if (judgement.kind === 'good') return { record, values: canonicalRecord(written, judgement.values) };
  const place = placeOf(stream, record);
  // A tombstone carries no update; the sink skips it.
  if (judgement.kind === 'empty' || deadLetters.has(place)) return undefined;
  differences.add({ kind: 'missing', record: place, message: `${place} does not decode: ${judgement.reason}` });
  return undefined;
}

/** Where the dead letters stood, by the headers that Connect and `quarantine` write. */
async function readDeadLetterNames(source: StreamSource): Promise<Set<string>> {
  const names = new Set<string>();
  const topic = deadLetterTopic(source.stream);
  await readRecords(source, { topic, clientId: 'perps-connect-verify' }, ({ headers, partition, offset }) => {
    names.add(deadLetterName(headers, { topic, partition, offset }));
  });
  return names;
}
