import { shortName, sqlAt } from '../contract.ts';
import { fieldOf } from '../placed-schema.ts';
import { tableRule } from '../rule.ts';

export const defaultLocalTime = tableRule({
  id: 'DEFAULT_LOCAL_TIME',
  what: 'A default of the current time on a timestamp without time zone says AT TIME ZONE.',
  why: "The JDBC driver sets the session's zone to the worker's, so now() becomes the worker's local time.",
  *check(table, contract) {
    for (const column of table.columns) {
      if (column.type.name !== 'timestamp' || fieldOf(contract.schema, column.name) !== undefined) continue;
      const text = column.default ?? '';
      if (!/\b(now\(\)|current_timestamp|localtimestamp|clock_timestamp\(\)|statement_timestamp\(\))/i.test(text))
        continue;
      if (/at time zone|timezone\(/i.test(text)) continue;
      yield {
        ...sqlAt(contract, table.name, column.name),
        message: `column ${shortName(table.name)}.${column.name}: the default ${text} is the local time of whoever writes`,
        remedy: "write DEFAULT (now() AT TIME ZONE 'utc')",
      };
    }
  },
});
