import { sqlAt } from '../contract.ts';
import { tableRule } from '../rule.ts';

export const foreignKey = tableRule({
  id: 'FOREIGN_KEY',
  what: "The sink's table references no other table.",
  why: 'A row whose counterpart is not there yet is refused by PostgreSQL, and the task fails.',
  *check(table, contract) {
    for (const key of table.foreignKeys) {
      yield {
        ...sqlAt(contract, table.name, key.name),
        message: `foreign key ${key.name} (${key.columns.join(', ')}) refuses rows by what another table holds`,
        remedy: 'drop it by a migration and join in views instead',
      };
    }
  },
});
