import { avroText } from '../avro-text.ts';
import { columnRule } from '../rule.ts';

export const decimalScale = columnRule({
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
