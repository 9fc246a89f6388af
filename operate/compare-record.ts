import { isDeliveryField } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroField } from '../schemas/avro-schema.ts';
import { type CanonicalRow, differingColumns } from './canonical.ts';
import type { TableRow } from './table-reader.ts';

/** Where a record stands. */
interface Place {
  readonly partition: number;
  readonly offset: bigint;
}

/** What the row of a record's key says about the record. */
export type RecordVerdict =
  | { readonly kind: 'missing' | 'equal' }
  /** The row names this record and holds something else in these columns. */
  | { readonly kind: 'differs'; readonly row: TableRow; readonly columns: readonly string[] }
  /** The row names another delivery of the same update. */
  | { readonly kind: 'redelivered'; readonly row: TableRow }
  /** The row names a later update of the same key, which differs in these columns. */
  | { readonly kind: 'replaced'; readonly row: TableRow; readonly columns: readonly string[] }
  /** The row names an older delivery, a record of an earlier topic, or none. */
  | { readonly kind: 'older'; readonly row: TableRow };

/** Compares a record with the row of its key. `written` are all fields that the sink writes. */
export function compareRecord(
  { stream, written }: { readonly stream: Pick<StreamDefinition, 'table'>; readonly written: readonly AvroField[] },
  record: Place,
  values: CanonicalRow,
  row: TableRow | undefined,
): RecordVerdict {
  if (row === undefined) return { kind: 'missing' };
  if (row.partition === record.partition && row.offset === record.offset) {
    // A producer that does not count leaves the number alone that a row has.
    const said = written.filter(({ name }) => values[name] !== null || !isDeliveryField(stream, name));
    const columns = differingColumns(said, values, row.values);
    return columns.length === 0 ? { kind: 'equal' } : { kind: 'differs', row, columns };
  }
  // A negative partition is one of an earlier topic: this record has not been written.
  if (row.offset === null || row.partition === null || row.partition < 0) return { kind: 'older', row };
  const content = written.filter(({ name }) => !isDeliveryField(stream, name));
  const columns = differingColumns(content, values, row.values);
  const isLater = isLaterDelivery(stream, record, values, row);
  if (columns.length > 0) return isLater === true ? { kind: 'replaced', row, columns } : { kind: 'older', row };
  return isLater === false ? { kind: 'older', row } : { kind: 'redelivered', row };
}

/**
 * Whether the row's delivery counts more than the record. Undefined for two deliveries in different partitions whose numbers do
 * not decide: their offsets do not compare.
 */
function isLaterDelivery(
  { table: { current } }: Pick<StreamDefinition, 'table'>,
  record: Place,
  values: CanonicalRow,
  row: TableRow,
): boolean | undefined {
  if (current?.ordinal !== undefined && values[current.order] === row.values[current.order]) {
    const [ofRecord, ofRow] = [values[current.ordinal], row.values[current.ordinal]];
    if (ofRecord && ofRow && ofRecord !== ofRow) return BigInt(ofRow) > BigInt(ofRecord);
  }
  return row.partition === record.partition ? (row.offset ?? -1n) > record.offset : undefined;
}
