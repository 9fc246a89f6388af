import { createIdSet, type IdSet } from '../core/id-set.ts';
import type { PartitionRange } from '../core/kafka-admin.ts';
import { type ScannedRecord, scanTopic } from '../core/kafka-scan.ts';
import { deadLetterTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroField } from '../schemas/avro-schema.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import { type CanonicalRow, canonicalRecord, pickColumns } from './canonical.ts';
import { compareRecord, type RecordVerdict } from './compare-record.ts';
import { deadLetterName } from './dead-letters/record-headers.ts';
import { inChunks } from './in-chunks.ts';
import { decodeValue } from './judge-records.ts';
import { readRecords, type StreamSource } from './read-records.ts';
import { placeOf } from './record-place.ts';
import type { TableRow } from './table-reader.ts';
import type { TableCheck } from './verify-report.ts';

const CHUNK = 1_000;
const NONE: ReadonlySet<string> = new Set();

export interface TopicCheck extends TableCheck {
  /** All fields that the sink writes. */
  readonly written: readonly AvroField[];
  readonly decoder: RecordDecoder;
  /** Compares records before these offsets only. Default: all that are there when the scan begins. */
  readonly ends?: ReadonlyMap<number, bigint> | undefined;
  readonly onProgress?: ((records: number) => void) | undefined;
}

/**
 * Proves that every record of the topic is in the table: its identity has a row, and the row that names this record
 * (partition, offset) equals it in every column. A row that names another delivery supersedes this one; that other
 * record is compared when the scan reaches it. Memory stays bounded whatever the topic's size.
 */
export async function checkTopic(check: TopicCheck) {
  const { kafka, stream, signal, table, ends, kept } = check;
  const deadLetters = await readDeadLetterNames(check);
  const figures = {
    records: 0,
    /** Records of the history that was given up: not compared. */
    older: 0,
    /** Records which a row names as its own. */
    named: 0,
    /** Records whose row names another delivery of the same update. */
    redelivered: 0,
    /** Records whose row names a later update of the same key. */
    replaced: 0,
    /** Records whose row somebody has corrected. */
    corrected: 0,
  };
  /** Partitions in which a row names another delivery than the one read. */
  const resent = new Set<number>();
  const compare = async (chunk: readonly ScannedRecord[]): Promise<void> => {
    const decoded = await Promise.all(chunk.map((record) => decodeRecord(check, record, deadLetters)));
    const known = decoded.filter((entry) => entry !== undefined);
    const readable = known.filter(({ values }) => kept?.isOlder(values) !== true);
    figures.older += known.length - readable.length;
    const rows = await table.find(readable.map(({ values }) => values));
    const verdicts = readable.map(({ record, values }) => {
      const verdict = compareRecord(check, record, values, rows.get(table.keyOf(values)));
      return { record, values, verdict };
    });
    const differing = verdicts.filter(({ verdict }) => verdict.kind === 'differs');
    const corrected = differing.length === 0 ? NONE : await table.findCorrected(differing.map(({ values }) => values));
    for (const { record, values, verdict } of verdicts) {
      const isNamed = verdict.kind === 'equal' || verdict.kind === 'differs';
      // It never reached the table. A row of its identity is another delivery, which is compared by itself.
      if (!isNamed && deadLetters.has(placeOf(stream, record))) continue;
      if (isNamed) figures.named += 1;
      if (verdict.kind === 'redelivered' || verdict.kind === 'replaced') {
        figures[verdict.kind] += 1;
        resent.add(record.partition);
      }
      if (verdict.kind === 'differs' && corrected.has(table.keyOf(values))) figures.corrected += 1;
      else report(check, record, values, verdict);
    }
    figures.records += chunk.length;
    check.onProgress?.(figures.records);
  };
  const ranges = await scanTopic(kafka, {
    topic: stream.topic.name,
    clientId: 'perps-connect-verify',
    signal,
    ends,
    onRecords: async (batch) => {
      for (const chunk of inChunks(batch, CHUNK)) await compare(chunk);
    },
  });
  return {
    ranges: ranges.map((range) => boundedRange(range, ends)),
    ...figures,
    resent,
    deadLetters: deadLetters.size,
  };
}

function boundedRange(range: PartitionRange, ends: TopicCheck['ends']): PartitionRange {
  const end = ends?.get(range.partition) ?? range.high;
  return end < range.high ? { ...range, high: end } : range;
}

/** Adds what a verdict comes to. */
function report(
  { stream, differences }: TopicCheck,
  record: ScannedRecord,
  values: CanonicalRow,
  verdict: RecordVerdict,
): void {
  const place = placeOf(stream, record);
  const { name, key, replaces } = stream.table;
  const add = (kind: 'missing' | 'unequal' | 'replaced', message: string, shown?: string): void =>
    differences.add({ kind, record: place, key: pickColumns(key, values), message, values: shown });
  switch (verdict.kind) {
    case 'equal':
    case 'redelivered':
      return;
    case 'missing':
      add('missing', `${place} has no row in ${name}`);
      return;
    case 'older':
      add('unequal', `the row of ${place} names ${recordOf(stream, verdict.row)}`);
      return;
    case 'differs': {
      const shown = verdict.columns.map(
        (column) => `${column}: record ${values[column]}, row ${verdict.row.values[column]}`,
      );
      add('unequal', `${place} differs from its row in ${verdict.columns.join(', ')}`, shown.join('; '));
      return;
    }
    case 'replaced': {
      if (replaces !== undefined) return;
      const differ = `${verdict.columns.slice(0, 3).join(', ')}${verdict.columns.length > 3 ? ', …' : ''}`;
      const other = `${placeOf(stream, verdict.row)}, another update with the same ${key.join(', ')} (they differ in ${differ})`;
      add('replaced', `${place} was replaced by ${other}; if that is meant, say why in table.replaces`);
    }
  }
}

/** The record that a row names, in words. */
function recordOf(stream: StreamDefinition, row: TableRow): string {
  if (row.offset === null || row.partition === null) return 'no record';
  return row.partition < 0 ? 'a record of an earlier topic' : placeOf(stream, row);
}

async function decodeRecord(
  { stream, written, decoder, differences }: TopicCheck,
  record: ScannedRecord,
  deadLetters: Pick<IdSet, 'has'>,
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
async function readDeadLetterNames(source: StreamSource): Promise<IdSet> {
  const names = createIdSet();
  const topic = deadLetterTopic(source.stream);
  await readRecords(source, { topic, clientId: 'perps-connect-verify' }, ({ headers, partition, offset }) => {
    names.add(deadLetterName(headers, { topic, partition, offset }));
  });
  return names;
}
