import type { AvroFieldKind } from '../../schemas/avro-schema.ts';
import { columnRule } from '../rule.ts';

const timestampZone = columnRule({
  id: 'TIMESTAMP_ZONE',
  what: 'A timestamp goes into a timestamp without time zone, which holds UTC; with "zone": "UTC" it goes into a timestamptz.',
  why: "A timestamptz holds the same instant, and is shown and cut into days in each session's zone: daily figures would depend on who asks. So the schema says that this is meant.",
  check({ field, column, path }) {
    if (!field.kind.startsWith('timestamp-')) return undefined;
    if ((field.zone === undefined) === (column.type.name !== 'timestamptz')) return undefined;
    return {
      attribute: 'logicalType',
      message: `${field.name}: ${field.kind} is UTC, but column ${path} is ${column.type.text}${field.zone === undefined ? '' : ' and the field says "zone": "UTC"'}`,
      remedy:
        field.zone === undefined
          ? `make the column TIMESTAMP by a migration (USING … AT TIME ZONE 'utc'), or give the field "zone": "UTC" and cut days AT TIME ZONE 'UTC'`
          : 'take "zone" out of the field, or make the column TIMESTAMPTZ by a migration',
    };
  },
});

/** Fraction digits that each kind's values may have. */
const FRACTION: Partial<Record<AvroFieldKind, number>> = {
  'timestamp-millis': 3,
  'time-millis': 3,
  'timestamp-micros': 6,
  'time-micros': 6,
};

const timestampPrecision = columnRule({
  id: 'TIMESTAMP_PRECISION',
  what: 'The column of a timestamp or time keeps as many fraction digits as the field has: three of milliseconds, six of microseconds.',
  why: 'PostgreSQL rounds the others away without an error.',
  check({ field, column, path }) {
    const { precision, name } = column.type;
    const digits = FRACTION[field.kind];
    if (digits === undefined || precision === undefined || precision >= digits) return undefined;
    const type = name === 'time' ? 'TIME' : name.toUpperCase();
    return {
      attribute: 'logicalType',
      message: `${field.name}: ${field.kind} has ${digits} fraction digits, column ${path} ${column.type.text} keeps ${precision}`,
      remedy: `make the column ${type} or ${type}(${digits}) by a migration`,
    };
  },
});

/** Times keep their instant and all their digits. */
export const timeColumnRules = [timestampZone, timestampPrecision];
