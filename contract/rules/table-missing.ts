import { didYouMean } from '../../pipeline/did-you-mean.ts';
import { sqlPlace } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const tableMissing: Rule = {
  id: 'TABLE_MISSING',
  what: 'The table of the definition is one that the migrations create.',
  why: 'The sink fails every task on the first record.',
  *check(contract) {
    const { stream, table, migrated, definition } = contract;
    if (table === undefined) {
      const { name } = stream.table;
      const tables = Object.values(migrated.catalog.relations).filter(({ kind }) => kind.endsWith('table'));
      const dropped = migrated.dropped[name];
      yield {
        path: name,
        places: [definition.placeOf(['table', 'name']), ...(dropped === undefined ? [] : [dropped])],
        message: `${dropped === undefined ? 'no migration creates' : 'the migrations drop'} the table ${name}${didYouMean(
          name,
          tables.map((candidate) => candidate.name),
        )}`,
        remedy: 'add a migration that creates it, or correct table.name',
      };
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
