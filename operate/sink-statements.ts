import { traceColumns } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroField, AvroRecord, AvroSchema, AvroValue } from '../schemas/avro-schema.ts';
import { canonicalText } from '../schemas/canonical-text.ts';
import { quoteIdentifier, sqlTypeOf } from './canonical.ts';

/** A decoded record and where it stands; the sink makes a row of it. */
export interface SinkRow {
  readonly partition: number;
  readonly offset: bigint;
  readonly values: AvroRecord;
}

/**
 * Rows in order, cut so that each part fits one statement: all with the same fields, and none with the upsert key of another,
 * which would be SQLSTATE 21000.
 */
export function statementGroups(rows: readonly SinkRow[], stream: StreamDefinition): SinkRow[][] {
  const groups: SinkRow[][] = [];
  let shape = '';
  let keys = new Set<string>();
  for (const row of rows) {
    const fields = Object.keys(row.values).join();
    const key = stream.table.key.map((name) => String(row.values[name])).join('\u0000');
    const last = groups.at(-1);
    if (last === undefined || fields !== shape || keys.has(key)) {
      groups.push([row]);
      keys = new Set();
    } else last.push(row);
    shape = fields;
    keys.add(key);
  }
  return groups;
}

/** Builds the sink's upsert for rows with the same fields. Fields that the sink does not write are left out. */
export function createStatements(stream: StreamDefinition, schema: AvroSchema) {
  const known = new Map(schema.fields.map((field) => [field.name, field]));
  const isWritten = (name: string) => known.has(name) && !stream.sink.omit.includes(name);
  const table = quoteIdentifier(stream.table.name);
  const key = stream.table.key.map(quoteIdentifier).join(', ');

  return (rows: readonly SinkRow[]): { text: string; values: unknown[] } => {
    const fields = Object.keys(rows[0]?.values ?? {}).filter(isWritten);
    const columns = [...fields, traceColumns.partition, traceColumns.offset];
    const types = [
      ...fields.map((name) => sqlType(rows.find(({ values }) => values[name] !== null)?.values[name], known.get(name))),
      'integer',
      'bigint',
    ];
    const names = columns.map(quoteIdentifier);
    const updated = columns.filter((name) => !stream.table.key.includes(name)).map(quoteIdentifier);
    // Cast one by one: unnest would take arrays of arrays apart.
    const arrays = types.map((_type, index) => `$${index + 1}::text[]`);
    const columnNames = types.map((_type, index) => `c${index}`);
    const cast = types.map((type, index) => `c${index}::${type}`);
    return {
      text: `INSERT INTO ${table} (${names.join(', ')}) SELECT ${cast.join(', ')} FROM unnest(${arrays.join(', ')}) AS r(${columnNames.join(', ')})
             ON CONFLICT (${key}) DO UPDATE SET ${updated.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`,
      values: [
        ...fields.map((name) => rows.map(({ values }) => sqlText(values[name]))),
        rows.map(({ partition }) => String(partition)),
        rows.map(({ offset }) => offset.toString()),
      ],
    };
  };
}

/** The type under which the sink sends a value. It follows the record's schema, which need not be this project's. */
function sqlType(value: AvroValue | undefined, field: AvroField | undefined): string {
  const kind = field?.kind;
  if (typeof value === 'bigint') return 'bigint';
  if (typeof value === 'number') return kind === 'double' ? 'double precision' : 'integer';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof Date) return field?.zone === undefined ? 'timestamp' : 'timestamptz';
  if (Buffer.isBuffer(value)) return 'bytea';
  // Texts, lists, and null in every row.
  if (field === undefined) return 'varchar';
  return typeof value === 'string' && NOT_AS_TEXT.has(field.kind) ? 'varchar' : sqlTypeOf(field);
}

/** Kinds whose values are no texts: a text of such a field comes from another schema. */
const NOT_AS_TEXT: ReadonlySet<AvroField['kind']> = new Set([
  'int',
  'long',
  'timestamp-millis',
  'boolean',
  'double',
  'bytes',
  'array',
]);

/** A value as PostgreSQL reads it from text. */
function sqlText(value: AvroValue | undefined): string | null {
  if (Array.isArray(value)) return `{${value.map(elementText).join(',')}}`;
  if (!(value instanceof Date)) return canonicalText(value);
  const text = value.toISOString();
  const year = value.getUTCFullYear();
  // Beyond four digits ISO 8601 has a sign, which PostgreSQL does not read; the year 0 is its 1 BC.
  if (year > 9999) return text.replace(/^\+0*/, '');
  return year > 0 ? text : `${String(1 - year).padStart(4, '0')}${text.replace(/^-?\d+/, '')} BC`;
}

/** An element of an array as PostgreSQL reads it. */
function elementText(value: AvroValue): string {
  const text = sqlText(value);
  return text === null ? 'NULL' : `"${text.replace(/["\\]/g, '\\$&')}"`;
}
