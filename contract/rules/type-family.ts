import type { AvroFieldKind } from '../../schemas/avro-schema.ts';
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
};

const WHY_NOT: Readonly<Record<string, string>> = {
  bpchar: 'char(n) pads values with blanks',
  float4: 'a float changes values',
  float8: 'a float changes values',
  money: 'money depends on the locale and has two digits',
};

export const typeFamily = columnRule({
  id: 'TYPE_FAMILY',
  what: 'The Avro type and the column type are of one family: string and varchar, decimal and numeric, and so on.',
  why: 'PostgreSQL refuses the row and the task fails, or the value is changed on its way.',
  check({ field, column, path }) {
    const allowed = FAMILIES[field.kind];
    if (allowed.includes(column.type.name)) return undefined;
    const reason = WHY_NOT[column.type.name] ?? `${field.kind} goes into ${allowed.map(sqlName).join(' or ')}`;
    return {
      attribute: 'type',
      message: `${field.name}: ${avroText(field)} does not fit column ${path} ${column.type.text}: ${reason}`,
      remedy: `make the column ${allowed.map(sqlName).join(' or ')} by a migration, or change the field's type`,
    };
  },
});

const SQL_NAMES: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  bool: 'boolean',
  float8: 'double precision',
};

const sqlName = (name: string): string => SQL_NAMES[name] ?? name;
