import { ConnectError } from '../core/errors.ts';
import type { ScannedRecord } from '../core/kafka-scan.ts';
import type { AvroRecord } from '../schemas/avro-schema.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import type { SinkRows } from './sink-rows.ts';

/** What the sink would make of a record. */
export type Judgement =
  /** It has a row that PostgreSQL accepts. */
  | { readonly kind: 'good'; readonly values: AvroRecord }
  /** A tombstone, which the sink skips. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'does-not-decode'; readonly reason: string }
  | {
      readonly kind: 'refused-by-database';
      readonly reason: string;
      readonly sqlState: string;
      readonly values: AvroRecord;
    };

export interface Judges {
  readonly decoder: RecordDecoder;
  readonly rows: SinkRows;
}

/**
 * Judges records by the rules of the sink: the registry's schema decodes them, and PostgreSQL takes their rows, tried in a
 * transaction that is rolled back. One judgement for each record, in order.
 * Errors: what keeps registry or database from answering is thrown, because it says nothing about a record.
 */
export async function judgeRecords(
  { decoder, rows }: Judges,
  records: readonly Pick<ScannedRecord, 'partition' | 'offset' | 'value'>[],
): Promise<Judgement[]> {
  const decoded = await Promise.all(records.map(({ value }) => decodeValue(decoder, value)));
  const candidates = decoded.flatMap((one, index) => {
    const record = records[index];
    return one.kind === 'good' && record !== undefined
      ? [{ partition: record.partition, offset: record.offset, values: one.values }]
      : [];
  });
  const refused = new Map((await rows.findRefused(candidates)).map((one) => [one.row.values, one]));
  return decoded.map((one) => {
    const found = one.kind === 'good' ? refused.get(one.values) : undefined;
    if (found === undefined) return one;
    const { sqlState, message, row } = found;
    return { kind: 'refused-by-database', reason: message, sqlState, values: row.values };
  });
}

/** Decodes one value. Errors: those of a registry that gives no answer. */
export async function decodeValue(
  decoder: RecordDecoder,
  value: Buffer | null,
): Promise<Extract<Judgement, { kind: 'good' | 'empty' | 'does-not-decode' }>> {
  if (value === null) return { kind: 'empty' };
  try {
    return { kind: 'good', values: await decoder.decode(value) };
  } catch (error) {
    // An id that the registry does not know is the record's; that the registry is the right one is for the caller to ask.
    if (error instanceof ConnectError && error.code !== 'NOT_FOUND') throw error;
    return { kind: 'does-not-decode', reason: error instanceof Error ? error.message : String(error) };
  }
}
