import { matchedColumns } from '../contract.ts';
import type { Rule } from '../rule.ts';

export const timestampZone: Rule = {
  id: 'TIMESTAMP_ZONE',
  what: 'A timestamp-millis goes into a timestamp without time zone, which holds UTC.',
  why: "A timestamptz is shown and cut into days in each session's zone: daily figures would depend on who asks.",
  *check(contract) {
    for (const { field, column, path, place } of matchedColumns(contract)) {
      if (field.kind !== 'timestamp-millis' || column.type.name !== 'timestamptz') continue;
      yield {
        path,
        places: [field.placeOf('logicalType'), place],
        message: `${field.name}: timestamp-millis is UTC, but column ${path} is ${column.type.text}`,
        remedy: "make the column TIMESTAMP by a migration (USING … AT TIME ZONE 'utc')",
      };
    }
  },
};
