import type { AvroField } from '../schemas/avro-schema.ts';
import { canonicalText } from '../schemas/canonical-text.ts';

/**
 * One text per value, the same whether it comes from an oracle, a record or the table, so that "equal to the last
 * digit" is string equality. Null stays null. Decimals have exactly their scale's digits, times are UTC milliseconds.
 */
export type CanonicalRow = Readonly<Record<string, string | null>>;

/** A decoded Avro record as canonical text. */
export const canonicalRecord = (
  fields: readonly AvroField[],
  record: Readonly<Record<string, unknown>>,
): CanonicalRow => Object.fromEntries(fields.map(({ name }) => [name, canonicalText(record[name])]));

/** SQL that yields a column's canonical text. Sub-millisecond digits would show, so they cannot hide a difference. */
export function canonicalSql(field: AvroField): string {
  const column = quoteIdentifier(field.name);
  if (field.kind !== 'timestamp-millis') return `${column}::text`;
  // to_char writes microseconds; the last three digits are dropped only when they are zero.
  return `regexp_replace(to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.US'), '000$', '') || 'Z'`;
}

/** The type under which a value of a field is sent to PostgreSQL. */
export const SQL_TYPES: Record<AvroField['kind'], string> = {
  string: 'text',
  int: 'integer',
  long: 'bigint',
  decimal: 'numeric',
  'timestamp-millis': 'timestamp',
  boolean: 'boolean',
  double: 'double precision',
  bytes: 'bytea',
};

/** A name as a quoted SQL identifier; a qualified name part by part. */
export function quoteIdentifier(name: string): string {
  return name
    .split('.')
    .map((part) => `"${part.replaceAll('"', '""')}"`)
    .join('.');
}

/** The names of the columns in which two rows differ. */
export function differingColumns(fields: readonly AvroField[], a: CanonicalRow, b: CanonicalRow): string[] {
  return fields.filter(({ name }) => a[name] !== b[name]).map(({ name }) => name);
}

/** Only these columns of a row. */
export const pickColumns = (names: readonly string[], row: CanonicalRow): CanonicalRow =>
  Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
