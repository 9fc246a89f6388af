import { ConnectError } from '../core/errors.ts';
import type { ScannedRecord } from '../core/kafka-scan.ts';
import type { AvroRecord } from '../schemas/avro-schema.ts';
import type { RecordDecoder } from '../schemas/record-decoder.ts';
import type { SinkRows } from './sink-rows.ts';

/** What the sink would make of a record. */
export type Judgement =
  /** A row that PostgreSQL accepts. */
  | { readonly kind: 'good'; readonly values: AvroRecord }
  /** A tombstone, which the sink skips. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'does-not-decode'; readonly reason: string }
  | { readonly kind: 'refused-by-database'; readonly reason: string; readonly sqlState: string };

/** What records are tried with. */
export interface Judges {
  readonly decoder: RecordDecoder;
  readonly rows: SinkRows;
}

/**
 * Judges records, in order, by the rules of the sink: the registry's schema decodes them, and PostgreSQL accepts their rows,
 * tried in a transaction that is rolled back.
 * Errors: what keeps the registry or the database from answering, because that says nothing about a record.
 */
export async function judgeRecords<R extends Pick<ScannedRecord, 'partition' | 'offset' | 'value'>>(
  { decoder, rows }: Judges,
  records: readonly R[],
): Promise<{ readonly record: R; readonly judgement: Judgement }[]> {
  const judged = await Promise.all(
    records.map(async (record) => ({ record, judgement: await decodeValue(decoder, record.value) })),
  );
  const candidates = judged.flatMap(({ record: { partition, offset }, judgement }) =>
    judgement.kind === 'good' ? [{ partition, offset, values: judgement.values }] : [],
  );
  const refused = new Map((await rows.findRefused(candidates)).map((one) => [one.row.values, one]));
  return judged.map(({ record, judgement }) => {
    const found = judgement.kind === 'good' ? refused.get(judgement.values) : undefined;
    if (found === undefined) return { record, judgement };
    return { record, judgement: { kind: 'refused-by-database', reason: found.message, sqlState: found.sqlState } };
  });
}

/** Decodes one value. Errors: those of a registry that gives no answer. */
export async function decodeValue(
  decoder: RecordDecoder,
  value: Buffer | null,
): Promise<Exclude<Judgement, { kind: 'refused-by-database' }>> {
  if (value === null) return { kind: 'empty' };
  try {
    return { kind: 'good', values: await decoder.decode(value) };
  } catch (error) {
    // An unknown id is the record's fault. Callers make sure that the registry is the right one.
    if (error instanceof ConnectError && error.code !== 'NOT_FOUND') throw error;
    return { kind: 'does-not-decode', reason: error instanceof Error ? error.message : String(error) };
  }
}
