import { avroText, fieldRange, isWhole } from '../avro-text.ts';
import type { ColumnType } from '../catalog.ts';
import { columnRule } from '../rule.ts';

const BITS: Readonly<Record<string, bigint>> = { int2: 15n, int4: 31n, int8: 63n };

export const integerRange = columnRule({
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
