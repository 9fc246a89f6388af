import { missingRelation, sqlPlace } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const tableMissing: Rule = {
  id: 'TABLE_MISSING',
  what: 'The table of the definition is one that the migrations create.',
  why: 'The sink fails every task on the first record.',
  *check(contract) {
    const { stream, table, definition } = contract;
    if (table === undefined) {
      yield missingRelation(contract, 'table', stream.table.name, ['table', 'name']);
    } else if (!table.kind.endsWith('table')) {
      yield {
        path: table.name,
        places: [definition.placeOf(['table', 'name']), sqlPlace(contract, table.name)],
        message: `${table.name} is a ${table.kind}: the sink upserts into tables only`,
        remedy: 'name the table behind it in table.name',
      };
    }
  },
};
