import { shortName, sqlPlace } from '../contract.ts';
import { tableRule } from '../rule.ts';

export const tableUnlogged = tableRule({
  id: 'TABLE_UNLOGGED',
  what: "The sink's table is logged.",
  why: 'A crash of PostgreSQL empties an unlogged table, while the sink has committed its offsets: the rows are lost.',
  *check(table, contract) {
    if (table.persistence === 'permanent') return;
    yield {
      path: shortName(table.name),
      places: [sqlPlace(contract, table.name)],
      message: `table ${shortName(table.name)} is ${table.persistence}`,
      remedy: 'take UNLOGGED away, or ALTER TABLE … SET LOGGED by a migration',
    };
  },
});
