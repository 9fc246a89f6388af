import type { AvroField, AvroFieldKind } from '../../schemas/avro-schema.ts';
import { avroText } from '../avro-text.ts';
import { columnRule } from '../rule.ts';

/** What each kind can be written into without a change of its value; names as in pg_type. Ranges and limits have rules of their own. */
const FAMILIES: Readonly<Record<AvroFieldKind, readonly string[]>> = {
  string: ['varchar', 'text'],
  int: ['int2', 'int4', 'int8', 'numeric'],
  long: ['int2', 'int4', 'int8', 'numeric'],
  decimal: ['numeric'],
  'timestamp-millis': ['timestamp', 'timestamptz'],
  boolean: ['bool'],
  double: ['float8'],
  bytes: ['bytea'],
  uuid: ['uuid', 'varchar', 'text'],
  json: ['jsonb'],
  enum: ['varchar', 'text'],
  date: ['date'],
  'time-millis': ['time'],
  'time-micros': ['time'],
  'timestamp-micros': ['timestamp', 'timestamptz'],
  array: [],
};

/** Types of which the sink writes no lists. */
const NO_ELEMENTS: ReadonlySet<string> = new Set(['numeric', 'uuid']);

const WHY_NOT: Readonly<Record<string, string>> = {
  bpchar: 'char(n) pads values with blanks',
  float4: 'a float changes values',
  float8: 'a float changes values',
  money: 'money depends on the locale and has two digits',
  json: 'json keeps the text and not the value; make it jsonb',
  timetz: 'a time with a zone and no date is no instant',
};

/** Field and column can hold the same values at all. */
export const typeFamily = columnRule({
  id: 'TYPE_FAMILY',
  what: 'The Avro type and the column type are of one family: string and varchar, decimal and numeric, and so on.',
  why: 'PostgreSQL refuses the row and the task fails, or the value is changed on its way.',
  check({ field, column, path }) {
    const { type } = column;
    if (isWord(field) && type.labels !== undefined) return undefined;
    const { items } = field;
    const allowed = FAMILIES[items?.kind ?? field.kind].filter((name) => items === undefined || !NO_ELEMENTS.has(name));
    const found = items === undefined ? type.name : type.element;
    if (found !== undefined && allowed.includes(found)) return undefined;
    const columns = allowed.map((name) => `${sqlName(name)}${items === undefined ? '' : '[]'}`).join(' or ');
    const reason = WHY_NOT[type.name] ?? `${avroText(field)} goes into ${columns}${isWord(field) ? ' or an enum' : ''}`;
    const other = items === undefined ? OWN_TYPES[type.name] : undefined;
    return {
      attribute: 'type',
      message: `${field.name}: ${avroText(field)} does not fit column ${path} ${type.text}: ${reason}`,
      remedy: `make the column ${columns} by a migration, or ${other === undefined ? "change the field's type" : `give the field the type ${other}`}`,
    };
  },
});

/** The Avro type that a column takes, where a field of another one does not go in. */
const OWN_TYPES: Readonly<Record<string, string>> = {
  bool: '"boolean"',
  bytea: '"bytes"',
  date: '{ "type": "int", "logicalType": "date" }',
  float8: '"double"',
  jsonb: '{ "type": "string", "connect.name": "io.debezium.data.Json" }',
  time: '{ "type": "int", "logicalType": "time-millis" }',
  timestamp: '{ "type": "long", "logicalType": "timestamp-millis" }',
  timestamptz: '{ "type": "long", "logicalType": "timestamp-millis" } with "zone": "UTC"',
  uuid: '{ "type": "string", "logicalType": "uuid" }',
};

/** Whether a field's values are words of a list, which an enum of PostgreSQL may hold. */
const isWord = ({ kind, allowed }: AvroField): boolean =>
  kind === 'enum' || (kind === 'string' && allowed !== undefined);

const SQL_NAMES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  bool: 'boolean',
  float8: 'double precision',
};

const sqlName = (name: string): string => SQL_NAMES[name] ?? name;
