import { columnRule } from '../rule.ts';

const MILLIS = 3;

export const timestampPrecision = columnRule({
  id: 'TIMESTAMP_PRECISION',
  what: 'The column of a timestamp-millis keeps at least three fraction digits.',
  why: 'PostgreSQL rounds milliseconds away without an error.',
  check({ field, column, path }) {
    const { precision } = column.type;
    if (field.kind !== 'timestamp-millis' || precision === undefined || precision >= MILLIS) return undefined;
    return {
      attribute: 'logicalType',
      message: `${field.name}: timestamp-millis has 3 fraction digits, column ${path} ${column.type.text} keeps ${precision}`,
      remedy: 'make the column TIMESTAMP or TIMESTAMP(3) by a migration',
    };
  },
});
