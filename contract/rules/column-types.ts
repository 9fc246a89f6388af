import type { AvroFieldKind } from '../../schemas/avro-schema.ts';
import { avroText, fieldRange, isWhole } from '../avro-text.ts';
import type { ColumnType } from '../catalog.ts';
import { matchedColumns } from '../contract.ts';
import { columnRule, type Rule } from '../rule.ts';

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

const typeFamily = columnRule({
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

const decimalScale = columnRule({
  id: 'DECIMAL_SCALE',
  what: "A decimal's scale is exactly its column's.",
  why: 'PostgreSQL rounds to a smaller scale without an error: amounts in the table are not those that were sent.',
  check({ field, column, path }) {
    // A numeric without a scale stores what it is given.
    if (field.kind !== 'decimal' || column.type.scale === undefined || column.type.scale === field.scale)
      return undefined;
    return {
      attribute: 'scale',
      message: `${field.name}: ${avroText(field)} does not fit column ${path} ${column.type.text}: scale must match exactly`,
      remedy: `make the field's scale ${column.type.scale}, or the column numeric(${column.type.precision},${field.scale}) by a migration; a topic with records keeps its scale`,
    };
  },
});

const decimalPrecision = columnRule({
  id: 'DECIMAL_PRECISION',
  what: "A decimal's precision is exactly its column's.",
  why: 'A value with more digits than the column holds is refused by PostgreSQL and stops the task; with fewer, the producer refuses what the table could hold.',
  check({ field, column, path }) {
    const { precision } = column.type;
    if (field.kind !== 'decimal' || precision === undefined || precision === field.precision) return undefined;
    return {
      attribute: 'precision',
      message: `${field.name}: ${avroText(field)} does not fit column ${path} ${column.type.text}: precision must match exactly`,
      remedy: `make the field's precision ${precision}, or the column numeric(${field.precision},${column.type.scale}) by a migration`,
    };
  },
});

const BITS: Readonly<Record<string, bigint>> = { int2: 15n, int4: 31n, int8: 63n };

const integerRange = columnRule({
  id: 'INTEGER_RANGE',
  what: "The values of an int or long, within the field's minimum and maximum, fit the column's type.",
  why: 'PostgreSQL refuses a value out of range, and the task fails.',
  check({ field, column, path }) {
    const range = rangeOf(column.type);
    if (!isWhole(field) || range === undefined) return undefined;
    const [lowest, highest] = range;
    const [minimum, maximum] = fieldRange(field);
    if (minimum >= lowest && maximum <= highest) return undefined;
    const attribute = maximum > highest ? 'maximum' : 'minimum';
    return {
      attribute,
      message: `${field.name}: ${avroText(field)} does not fit column ${path} ${column.type.text}, which holds ${lowest}…${highest}`,
      remedy: `give the field "minimum" and "maximum" within ${lowest} and ${highest}, or widen the column by a migration`,
    };
  },
});

/** The whole numbers a column holds; undefined when it holds all of 64 bits or no numbers. */
function rangeOf({ name, precision, scale = 0 }: ColumnType): readonly [bigint, bigint] | undefined {
  const bits = BITS[name];
  if (bits !== undefined) return [-(2n ** bits), 2n ** bits - 1n];
  if (name !== 'numeric' || precision === undefined) return undefined;
  const highest = 10n ** BigInt(Math.max(0, precision - scale)) - 1n;
  return [-highest, highest];
}

const stringLength = columnRule({
  id: 'STRING_LENGTH',
  what: "The column of a string is at least as long as the field's maxLength, which the producer enforces.",
  why: 'PostgreSQL refuses a text that is too long, and the task fails.',
  check({ field, column, path }) {
    const { length } = column.type;
    if (field.kind !== 'string' || length === undefined) return undefined;
    const longest = field.allowed?.reduce((most, word) => Math.max(most, [...word].length), 0);
    const bound = field.maxLength ?? longest;
    if (bound !== undefined && bound <= length && (longest ?? 0) <= length) return undefined;
    const limit =
      bound === undefined
        ? 'has no maxLength'
        : (longest ?? 0) > length
          ? `allows a word of ${longest} characters`
          : `may have ${bound} characters`;
    return {
      attribute: (longest ?? 0) > length ? 'allowed' : 'maxLength',
      message: `${field.name}: ${limit}, but column ${path} ${column.type.text} holds ${length}`,
      remedy: `give the field "maxLength": ${length} or less, or widen the column by a migration`,
    };
  },
});

const timestampZone = columnRule({
  id: 'TIMESTAMP_ZONE',
  what: 'A timestamp-millis goes into a timestamp without time zone, which holds UTC.',
  why: "A timestamptz is shown and cut into days in each session's zone: daily figures would depend on who asks.",
  check({ field, column, path }) {
    if (field.kind !== 'timestamp-millis' || column.type.name !== 'timestamptz') return undefined;
    return {
      attribute: 'logicalType',
      message: `${field.name}: timestamp-millis is UTC, but column ${path} is ${column.type.text}`,
      remedy: "make the column TIMESTAMP by a migration (USING … AT TIME ZONE 'utc')",
    };
  },
});

const MILLIS = 3;

const timestampPrecision = columnRule({
  id: 'TIMESTAMP_PRECISION',
  what: 'The column of a timestamp-millis keeps at least three fraction digits.',
  why: 'PostgreSQL rounds milliseconds away without an error.',
  check({ field, column, path }) {
    const { precision } = column.type;
    if (field.kind !== 'timestamp-millis' || precision === undefined || precision >= MILLIS) return undefined;
    return {
      attribute: 'logicalType',
      message: `${field.name}: timestamp-millis has 3 fraction digits, column ${path} ${column.type.text} keeps ${precision}`,
      remedy: 'make the column TIMESTAMP or TIMESTAMP(3) by a migration',
    };
  },
});

/** Collations that compare texts byte by byte, whatever the locale library says. */
const BY_BYTES = new Set(['C', 'POSIX', 'ucs_basic', 'pg_c_utf8']);

const collation: Rule = {
  id: 'COLLATION',
  what: 'Columns of text that the sink writes are COLLATE "C"; the check notes those that are not.',
  why: "PostgreSQL compares keys by the database's locale, a tenth to a sixth of its time for a row, and an update of the locale library can corrupt their indexes without a word.",
  *check(contract) {
    for (const { field, column, path, place } of matchedColumns(contract)) {
      const { collation: name } = column;
      if (field.kind !== 'string' || name === undefined || BY_BYTES.has(name)) continue;
      const isKey = contract.stream.table.key.includes(column.name);
      yield {
        path,
        places: [place],
        message: `column ${path}${isKey ? ', part of the upsert key,' : ''} is compared by ${name === 'default' ? "the database's locale" : `the collation ${name}`}`,
        remedy: `make it ${column.type.text} COLLATE "C" by a migration`,
        severity: 'note',
      };
    }
  },
};

/** Every value of a field fits the type of its column. */
export const columnTypeRules = [
  typeFamily,
  decimalScale,
  decimalPrecision,
  integerRange,
  stringLength,
  timestampZone,
  timestampPrecision,
  collation,
];
