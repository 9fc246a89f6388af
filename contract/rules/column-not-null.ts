import { columnRule } from '../rule.ts';

export const columnNotNull = columnRule({
  id: 'COLUMN_NOT_NULL',
  what: 'A field that may be null has a column that may be NULL.',
  why: 'The sink writes NULL explicitly, so not even a default helps: PostgreSQL refuses the row and the task fails.',
  check({ field, column, path }) {
    if (!field.nullable || column.nullable) return undefined;
    return {
      attribute: 'type',
      message: `${field.name}: may be null, but column ${path} is NOT NULL`,
      remedy: `take "null" out of the field's type, or drop NOT NULL by a migration`,
    };
  },
});
