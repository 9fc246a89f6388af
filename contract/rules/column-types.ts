import { avroText, fieldRange, isWhole } from '../avro-text.ts';
import type { ColumnType } from '../catalog.ts';
import { matchedColumns } from '../contract.ts';
import { columnRule, type Rule } from '../rule.ts';
import { enumColumnRules } from './enum-columns.ts';
import { timeColumnRules } from './time-columns.ts';
import { typeFamily } from './type-family.ts';

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
    const numbers = field.items ?? field;
    if (!isWhole(numbers) || range === undefined) return undefined;
    const [lowest, highest] = range;
    const [minimum, maximum] = fieldRange(numbers);
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
function rangeOf({ name, element, precision, scale = 0 }: ColumnType): readonly [bigint, bigint] | undefined {
  const bits = BITS[element ?? name];
  if (bits !== undefined) return [-(2n ** bits), 2n ** bits - 1n];
  if (name !== 'numeric' || precision === undefined) return undefined;
  const highest = 10n ** BigInt(Math.max(0, precision - scale)) - 1n;
  return [-highest, highest];
}

const UUID_LENGTH = 36;

const stringLength = columnRule({
  id: 'STRING_LENGTH',
  what: "The column of a string is at least as long as the field's maxLength, which the producer enforces.",
  why: 'PostgreSQL refuses a text that is too long, and the task fails.',
  check({ field, column, path }) {
    const { length } = column.type;
    const { kind, allowed, maxLength } = field.items ?? field;
    if (!['string', 'enum', 'uuid'].includes(kind) || length === undefined) return undefined;
    const longest = allowed?.reduce((most, word) => Math.max(most, [...word].length), 0);
    const bound = maxLength ?? longest ?? (kind === 'uuid' ? UUID_LENGTH : undefined);
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

/** Collations that compare texts byte by byte, whatever the locale library says. */
const BY_BYTES = new Set(['C', 'POSIX', 'ucs_basic', 'pg_c_utf8']);

const collation: Rule = {
  id: 'COLLATION',
  what: 'Columns of text that the sink writes are COLLATE "C"; the check notes those that are not.',
  why: "PostgreSQL compares keys by the database's locale, a tenth to a sixth of its time for a row, and an update of the locale library can corrupt their indexes without a word.",
  *check(contract) {
    for (const { field, column, path, place } of matchedColumns(contract)) {
      const { collation: name } = column;
      if (!['string', 'enum'].includes(field.kind) || name === undefined || BY_BYTES.has(name)) continue;
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
  ...timeColumnRules,
  ...enumColumnRules,
  collation,
];
