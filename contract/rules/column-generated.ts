import { matchedColumns } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const columnGenerated: Rule = {
  id: 'COLUMN_GENERATED',
  what: 'No Avro field has the name of a column that PostgreSQL fills by itself, always.',
  why: 'PostgreSQL refuses a value for such a column (SQLSTATE 428C9), and the task fails.',
  *check(contract) {
    for (const { field, column, path, place } of matchedColumns(contract)) {
      if (!column.generated && column.identity !== 'always') continue;
      const how = column.generated ? 'generated from other columns' : 'GENERATED ALWAYS AS IDENTITY';
      yield {
        path,
        places: [field.place, place],
        message: `${field.name}: column ${path} is ${how} and takes no value`,
        remedy: 'remove the field, or make the column an ordinary one by a migration',
      };
    }
  },
};
