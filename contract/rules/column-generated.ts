import { columnRule } from '../rule.ts';

export const columnGenerated = columnRule({
  id: 'COLUMN_GENERATED',
  what: 'No Avro field has the name of a column that PostgreSQL fills by itself, always.',
  why: 'PostgreSQL refuses a value for such a column (SQLSTATE 428C9), and the task fails.',
  check({ field, column, path }) {
    if (!column.generated && column.identity !== 'always') return undefined;
    const how = column.generated ? 'generated from other columns' : 'GENERATED ALWAYS AS IDENTITY';
    return {
      attribute: 'name',
      message: `${field.name}: column ${path} is ${how} and takes no value`,
      remedy: 'remove the field, or make the column an ordinary one by a migration',
    };
  },
});
