import { columnRule } from '../rule.ts';

export const timestampZone = columnRule({
  id: 'TIMESTAMP_ZONE',
  what: 'A timestamp-millis goes into a timestamp without time zone, which holds UTC.',
  why: "A timestamptz is shown and cut into days in each session's zone: daily figures would depend on who asks.",
  check({ field, column, path }) {
    if (field.kind !== 'timestamp-millis' || column.type.name !== 'timestamptz') return undefined;
    return {
      attribute: 'logicalType',
      message: `${field.name}: timestamp-millis is UTC, but column ${path} is ${column.type.text}`,
      remedy: "make the column TIMESTAMP by a migration (USING … AT TIME ZONE 'utc')",
    };
  },
});
