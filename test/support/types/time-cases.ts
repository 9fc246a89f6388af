import type { TypeCase } from './type-case.ts';

const long = (logicalType: string, name: string) => ({
  type: 'long',
  logicalType,
  'connect.name': `io.debezium.time.${name}`,
});
const MICRO_TIMESTAMP = long('timestamp-micros', 'MicroTimestamp');

/** The year 1, days without the Julian calendar, local midnights and hours that a summer time skips or repeats, the year 9999. */
const INSTANTS: readonly (readonly [iso: string, text: string])[] = [
  ['0001-01-01T00:00:00.000', '0001-01-01 00:00:00'],
  ['1582-10-10T12:00:00.000', '1582-10-10 12:00:00'],
  ['1883-11-18T16:59:59.999', '1883-11-18 16:59:59.999'],
  ['1969-12-31T23:59:59.999', '1969-12-31 23:59:59.999'],
  ['2024-03-10T02:30:00.123', '2024-03-10 02:30:00.123'],
  ['2024-03-31T01:30:00.001', '2024-03-31 01:30:00.001'],
  ['2024-10-27T00:30:00.000', '2024-10-27 00:30:00'],
  ['2024-11-03T05:30:00.000', '2024-11-03 05:30:00'],
  ['9999-12-31T23:59:59.999', '9999-12-31 23:59:59.999'],
];
const millis = (zone: string) =>
  INSTANTS.map(([iso, text]) => [BigInt(Date.parse(`${iso}Z`)), `${text}${zone}`] as const);
const micros = (zone: string) => [
  ...INSTANTS.map(([iso, text]) => [BigInt(Date.parse(`${iso}Z`)) * 1000n, `${text}${zone}`] as const),
  [-1n, `1969-12-31 23:59:59.999999${zone}`] as const,
  [253402300799999999n, `9999-12-31 23:59:59.999999${zone}`] as const,
  [-62135596800000000n + 456n, `0001-01-01 00:00:00.000456${zone}`] as const,
];
const BEYOND_MILLIS = [-62135596800001n, 253402300800000n];
const BEYOND_MICROS = [-62135596800000001n, 253402300800000000n];
const YEARS = 'years before 1 and after 9999';

/** Days, times of day and instants. */
export const TIME_CASES: readonly TypeCase[] = [
  {
    name: 'day',
    avro: { type: 'int', logicalType: 'date' },
    column: 'date',
    proto: 'string',
    exact: 'every day of the years 1 to 9999 of the Gregorian calendar',
    refused: `days that do not exist, ${YEARS}`,
    values: [
      ['0001-01-01', '0001-01-01'],
      ['1582-10-04', '1582-10-04'],
      ['1582-10-14', '1582-10-14'],
      ['1582-10-15', '1582-10-15'],
      ['1969-12-31', '1969-12-31'],
      ['2024-02-29', '2024-02-29'],
      ['9999-12-31', '9999-12-31'],
    ],
    bad: ['2023-02-29', '0000-12-31', '10000-01-01', 'today'],
  },
  {
    name: 'daily_ms',
    avro: { type: 'int', logicalType: 'time-millis' },
    column: 'time',
    also: ['time(3)'],
    proto: 'int32',
    exact: 'every millisecond of a day',
    refused: '24:00, which the sink would write as 00:00, and what lies outside the day',
    values: [
      [0, '00:00:00'],
      [9000123, '02:30:00.123'],
      [86399999, '23:59:59.999'],
    ],
    bad: [-1, 86400000],
  },
  {
    name: 'daily_us',
    avro: long('time-micros', 'MicroTime'),
    column: 'time',
    also: ['time(6)'],
    proto: 'int64',
    exact: 'every microsecond of a day',
    refused: '24:00, at which the sink fails, and what lies outside the day',
    values: [
      [0n, '00:00:00'],
      [1n, '00:00:00.000001'],
      [9000123456n, '02:30:00.123456'],
      [86399999999n, '23:59:59.999999'],
    ],
    bad: [-1n, 86400000000n],
  },
  {
    name: 'seen_ms',
    avro: { type: 'long', logicalType: 'timestamp-millis' },
    column: 'timestamp',
    also: ['timestamp(3)'],
    proto: 'int64',
    exact: 'every millisecond of the years 1 to 9999, in UTC',
    refused: YEARS,
    values: millis(''),
    bad: BEYOND_MILLIS,
  },
  {
    name: 'seen_us',
    avro: MICRO_TIMESTAMP,
    column: 'timestamp',
    also: ['timestamp(6)'],
    proto: 'int64',
    exact: 'every microsecond of the years 1 to 9999, in UTC',
    refused: YEARS,
    values: micros(''),
    bad: BEYOND_MICROS,
  },
  {
    name: 'zoned_ms',
    avro: { type: 'long', logicalType: 'timestamp-millis' },
    limits: { zone: 'UTC' },
    column: 'timestamptz',
    also: ['timestamptz(3)'],
    proto: 'int64',
    exact: 'every millisecond of the years 1 to 9999',
    refused: YEARS,
    values: millis('+00'),
    bad: BEYOND_MILLIS,
  },
  {
    name: 'zoned_us',
    avro: MICRO_TIMESTAMP,
    limits: { zone: 'UTC' },
    column: 'timestamptz',
    also: ['timestamptz(6)'],
    proto: 'int64',
    exact: 'every microsecond of the years 1 to 9999',
    refused: YEARS,
    values: micros('+00'),
    bad: BEYOND_MICROS,
  },
];
