import type { AvroField } from '../../schemas/avro-schema.ts';
import type { ColumnType } from '../catalog.ts';
import { columnRule } from '../rule.ts';

const enumColumn = columnRule({
  id: 'ENUM_COLUMN',
  what: 'A column of an enum type has every word of the field, and a cast on assignment leads to its type from varchar.',
  why: 'The sink sends words as varchar: without the cast PostgreSQL refuses every row, without the word those that have it.',
  check({ field, column, path }) {
    const { labels, assignable, text } = column.type;
    if (labels === undefined || field.allowed === undefined) return undefined;
    const missing = field.allowed.filter((word) => !labels.includes(word));
    const message =
      missing.length > 0
        ? `column ${path} ${text} has no ${missing.map((word) => `"${word}"`).join(', ')}`
        : assignable === true
          ? undefined
          : `nothing casts the sink's varchar to ${text}, the type of column ${path}`;
    if (message === undefined) return undefined;
    return {
      attribute: field.kind === 'enum' ? 'type' : 'allowed',
      message: `${field.name}: ${message}`,
      remedy:
        missing.length > 0
          ? `add ${missing.length === 1 ? 'it' : 'them'} by a migration: ALTER TYPE ${text} ADD VALUE '${missing[0]}'`
          : `add a migration with CREATE CAST (varchar AS ${text}) WITH INOUT AS ASSIGNMENT`,
    };
  },
});

const keyType = columnRule({
  id: 'KEY_TYPE',
  what: 'No column of the upsert key holds a list, JSON or an enum of PostgreSQL, and a uuid in it is a uuid in the table, too.',
  why: 'A row would not be found again by its text: `verify` and replays could not compare it with its record.',
  check({ field, column, path }, { stream }) {
    const { current, key } = stream.table;
    if (![...key, current?.identity].includes(field.name)) return undefined;
    const found = unfitForKeys(field, column.type);
    if (found === undefined) return undefined;
    return {
      attribute: 'type',
      message: `${field.name}: column ${path} identifies a row and holds ${found}`,
      remedy:
        field.kind === 'uuid'
          ? 'make the column uuid by a migration, or the field a plain string'
          : 'make the column varchar or text by a migration, or take it out of the key',
    };
  },
});

/** What a column holds by which a row is not found; undefined when it is. */
function unfitForKeys({ kind }: AvroField, { name, text, labels }: ColumnType): string | undefined {
  if (kind === 'array') return 'a list';
  if (kind === 'json') return 'JSON';
  if (kind === 'uuid' && name !== 'uuid') return `a uuid as ${text}`;
  return labels === undefined ? undefined : `the enum ${text}`;
}

/** Columns of enum types, and what no key may be made of. */
export const enumColumnRules = [enumColumn, keyType];
