import { sqlAt } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import { tableRule } from '../rule.ts';

export const checkUnknown = tableRule({
  id: 'CHECK_UNKNOWN',
  what: 'No CHECK restricts written columns in a way the producer cannot enforce.',
  why: 'A row that the producer let pass may be refused by PostgreSQL, and the task fails.',
  *check(table, contract) {
    const { schema, migrated } = contract;
    for (const check of table.checks) {
      const written = check.columns.filter((column) => fieldOf(schema, column) !== undefined);
      if (written.length === 0 || migrated.limits[`${table.name}.${check.name}`] !== undefined) continue;
      const [first = ''] = written;
      const field = fieldOf(schema, first);
      yield {
        ...sqlAt(contract, table.name, check.name, ...(field === undefined ? [] : [field.place])),
        message: `CHECK ${check.name} on ${written.join(', ')} is none the producer can enforce: ${check.expression}`,
        remedy:
          'write it as comparisons of one column with literals, joined by AND, and give the field the same limits; or drop it',
      };
    }
  },
});
