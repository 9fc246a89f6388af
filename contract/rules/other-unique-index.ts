import { columnOf } from '../catalog.ts';
import { sqlAt } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import { tableRule } from '../rule.ts';

export const otherUniqueIndex = tableRule({
  id: 'OTHER_UNIQUE_INDEX',
  what: 'No unique index but the upsert key can refuse a record.',
  why: 'ON CONFLICT arbitrates one index only; a second one makes PostgreSQL refuse the row (SQLSTATE 23505) and the task fails.',
  *check(table, contract) {
    const { schema, stream, definition } = contract;
    const key = stream.table.key;
    for (const index of table.uniqueIndexes) {
      const columns = index.columns;
      // Rows that differ in the key differ in any index that holds it.
      if (key.every((column) => columns.includes(column))) continue;
      const fedByDatabase = columns.some(
        (name) => name !== null && fieldOf(schema, name) === undefined && columnOf(table, name)?.default !== undefined,
      );
      const identity = columns.some((name) => name !== null && columnOf(table, name)?.identity !== undefined);
      if (fedByDatabase || identity) continue;
      yield {
        ...sqlAt(contract, table.name, index.name, definition.placeOf(['table', 'key'])),
        message: `unique index ${index.name} (${columns.map((name) => name ?? 'expression').join(', ')}) is not the upsert key (${key.join(', ')})`,
        remedy: 'drop it or make it an ordinary index by a migration; or upsert on it',
      };
    }
  },
});
