import type { AvroField } from '../schemas/avro-schema.ts';
import { canonicalText } from '../schemas/canonical-text.ts';
import { canonicalJson } from '../schemas/jsonb-text.ts';
import { canonicalUuid } from '../schemas/uuid-text.ts';

/**
 * One text per value, the same whether it comes from an oracle, a record or the table, so that "equal to the last
 * digit" is string equality. Null stays null. Decimals have exactly their scale's digits, times are UTC milliseconds.
 */
export type CanonicalRow = Readonly<Record<string, string | null>>;

/** A decoded Avro record as canonical text. */
export const canonicalRecord = (
  fields: readonly AvroField[],
  record: Readonly<Record<string, unknown>>,
): CanonicalRow => Object.fromEntries(fields.map(({ name, kind }) => [name, textOf(kind, record[name])]));

function textOf(kind: AvroField['kind'], value: unknown): string | null {
  const text = canonicalText(value);
  return kind === 'json' && text !== null ? canonicalJson(text) : text;
}

/** SQL for a column that a session's settings do not change; `readColumn` makes canonical text of it. */
export function canonicalSql({ name, kind, zone }: AvroField): string {
  const column = quoteIdentifier(name);
  switch (kind) {
    case 'timestamp-millis':
      // to_char writes microseconds; the last three digits are dropped only when they are zero, so none can hide a difference.
      return `regexp_replace(to_char(${utc(column, zone)}, '${INSTANT}'), '000$', '') || 'Z'`;
    case 'timestamp-micros':
      return `to_char(${utc(column, zone)}, '${INSTANT}') || 'Z'`;
    case 'date':
      return `to_char(${column}, 'YYYY-MM-DD')`;
    case 'time-millis':
    case 'time-micros':
      return `to_char(${column}, 'HH24:MI:SS.US')`;
    case 'bytes':
      return `'\\x' || encode(${column}, 'hex')`;
    case 'double':
      return `encode(float8send(${column}), 'hex')`;
    case 'array':
      return `to_jsonb(${column}::text[])::text`;
    default:
      return `${column}::text`;
  }
}

const INSTANT = 'YYYY-MM-DD"T"HH24:MI:SS.US';
const utc = (column: string, zone: AvroField['zone']): string =>
  zone === undefined ? column : `${column} AT TIME ZONE 'UTC'`;

/** The canonical text of what `canonicalSql` yields. */
export function readColumn({ kind, items }: Pick<AvroField, 'kind' | 'items'>, text: string | null): string | null {
  if (text === null) return null;
  switch (kind) {
    case 'int':
    case 'long':
      // A numeric column may have fraction digits.
      return text.replace(/\.0+$/, '');
    case 'double':
      return canonicalText(Buffer.from(text, 'hex').readDoubleBE(0));
    case 'array': {
      const elements = JSON.parse(text) as (string | null)[];
      return JSON.stringify(items === undefined ? elements : elements.map((one) => readColumn(items, one)));
    }
    case 'uuid':
      // A column of text keeps the letters' case.
      return canonicalUuid(text);
    case 'json':
      return canonicalJson(text);
    default:
      return text;
  }
}

/** The type under which a value of a field is sent to PostgreSQL. */
export function sqlTypeOf({ kind, items, zone }: AvroField): string {
  if (items !== undefined) return `${sqlTypeOf(items)}[]`;
  return zone === undefined ? SQL_TYPES[kind] : 'timestamptz';
}

const SQL_TYPES: Record<AvroField['kind'], string> = {
  // The sink sends varchar too, and only from that may a cast lead to an enum of PostgreSQL.
  string: 'varchar',
  enum: 'varchar',
  uuid: 'uuid',
  json: 'jsonb',
  int: 'integer',
  long: 'bigint',
  decimal: 'numeric',
  'timestamp-millis': 'timestamp',
  'timestamp-micros': 'timestamp',
  'time-millis': 'time',
  'time-micros': 'time',
  date: 'date',
  boolean: 'boolean',
  double: 'double precision',
  bytes: 'bytea',
  array: 'varchar[]',
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
