import { matchedColumns } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const columnNotNull: Rule = {
  id: 'COLUMN_NOT_NULL',
  what: 'A field that may be null has a column that may be NULL.',
  why: 'The sink writes NULL explicitly, so not even a default helps: PostgreSQL refuses the row and the task fails.',
  *check(contract) {
    for (const { field, column, path, place } of matchedColumns(contract)) {
      if (!field.nullable || column.nullable) continue;
      yield {
        path,
        places: [field.placeOf('type'), place],
        message: `${field.name}: may be null, but column ${path} is NOT NULL`,
        remedy: `take "null" out of the field's type, or drop NOT NULL by a migration`,
      };
    }
  },
};
