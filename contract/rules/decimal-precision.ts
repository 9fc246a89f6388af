import { avroText } from '../avro-text.ts';
import { columnRule } from '../rule.ts';

export const decimalPrecision = columnRule({
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
