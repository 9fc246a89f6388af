import { avroText, fieldRange, isWhole } from '../avro-text.ts';
import { matchedColumns } from '../contract.ts';
import type { Rule } from '../rule.ts';

const BITS: Readonly<Record<string, bigint>> = { int2: 15n, int4: 31n, int8: 63n };

export const integerRange: Rule = {
  id: 'INTEGER_RANGE',
  what: "The values of an int or long, within the field's minimum and maximum, fit the column's type.",
  why: 'PostgreSQL refuses a value out of range, and the task fails.',
  *check(contract) {
    for (const { field, column, path, place } of matchedColumns(contract)) {
      const bits = BITS[column.type.name];
      if (!isWhole(field) || bits === undefined) continue;
      const [lowest, highest] = [-(2n ** bits), 2n ** bits - 1n];
      const [minimum, maximum] = fieldRange(field);
      if (minimum >= lowest && maximum <= highest) continue;
      const attribute = maximum > highest ? 'maximum' : 'minimum';
      yield {
        path,
        places: [field.placeOf(attribute), place],
        message: `${field.name}: ${avroText(field)} does not fit column ${path} ${column.type.text}, which holds ${lowest}…${highest}`,
        remedy: `give the field "minimum" and "maximum" within ${lowest} and ${highest}, or widen the column by a migration`,
      };
    }
  },
};
