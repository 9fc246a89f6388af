import { matchedColumns } from '../contract.ts';
import type { Rule } from '../rule.ts';

const MILLIS = 3;

export const timestampPrecision: Rule = {
  id: 'TIMESTAMP_PRECISION',
  what: 'The column of a timestamp-millis keeps at least three fraction digits.',
  why: 'PostgreSQL rounds milliseconds away without an error.',
  *check(contract) {
    for (const { field, column, path, place } of matchedColumns(contract)) {
      const { precision } = column.type;
      if (field.kind !== 'timestamp-millis' || precision === undefined || precision >= MILLIS) continue;
      yield {
        path,
        places: [field.placeOf('logicalType'), place],
        message: `${field.name}: timestamp-millis has 3 fraction digits, column ${path} ${column.type.text} keeps ${precision}`,
        remedy: 'make the column TIMESTAMP or TIMESTAMP(3) by a migration',
      };
    }
  },
};
