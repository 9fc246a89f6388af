import type { AvroValue } from '../../../schemas/avro-schema.ts';

/** A type that reaches its column exactly, and the values that prove it. */
export interface TypeCase {
  /** Of the Avro field and of the column. */
  readonly name: string;
  /** The Avro type, without null. */
  readonly avro: unknown;
  /** Attributes of the Avro field beside its type. */
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly column: string;
  /** Other columns that hold the same values. */
  readonly also?: readonly string[];
  /** How the feed sends it: `optional` is added where it can be. */
  readonly proto: string;
  /** What holds, for the documentation. */
  readonly exact: string;
  /** What the producer refuses, for the documentation. */
  readonly refused: string;
  /** What the feed sends, and the column's text. */
  readonly values: readonly (readonly [sent: unknown, text: string])[];
  /** What another producer may write, and the column's text. */
  readonly written?: readonly (readonly [value: AvroValue, text: string])[];
  /** What the feed sends and the producer must refuse. */
  readonly bad: readonly unknown[];
}

const long = (logicalType: string, name: string) => ({
  type: 'long',
  logicalType,
  'connect.name': `io.debezium.time.${name}`,
});
const MICRO_TIMESTAMP = long('timestamp-micros', 'MicroTimestamp');
export const decimal = (precision: number, scale: number) => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
});
export const array = (items: unknown) => ({ type: 'array', items });
const DEEP = `${'['.repeat(256)}${']'.repeat(256)}`;
const MOST = 2n ** 63n - 1n;
const LEAST = -(2n ** 63n);

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

/** Every type that is carried, in the order of docs/types.md. */
export const CARRIED_TYPES: readonly TypeCase[] = [
  {
    name: 'flag',
    avro: 'boolean',
    column: 'boolean',
    proto: 'bool',
    exact: 'both values',
    refused: 'nothing',
    values: [
      [true, 'true'],
      [false, 'false'],
    ],
    bad: [],
  },
  {
    name: 'raw',
    avro: 'bytes',
    column: 'bytea',
    proto: 'bytes',
    exact: 'every byte, and no bytes at all',
    refused: 'nothing',
    values: [
      [Buffer.alloc(0), '\\x'],
      [Buffer.from('00ff5c27', 'hex'), '\\x00ff5c27'],
    ],
    bad: [],
  },
  {
    name: 'label',
    avro: 'string',
    limits: { maxLength: 20 },
    column: 'varchar(20)',
    also: ['text'],
    proto: 'string',
    exact: 'every character, counted as PostgreSQL counts',
    refused: 'NUL and other control characters, halves of surrogate pairs, more than `maxLength` characters',
    values: [
      ['', ''],
      ['héllo ☃ 🦀', 'héllo ☃ 🦀'],
      ['\' \\ " {x}', '\' \\ " {x}'],
      ['🦀'.repeat(20), '🦀'.repeat(20)],
    ],
    bad: ['a\u0000b', '🦀'.repeat(21)],
  },
  {
    name: 'ident',
    avro: { type: 'string', logicalType: 'uuid' },
    column: 'uuid',
    also: ['varchar(36)', 'text'],
    proto: 'string',
    exact: 'the 128 bits; PostgreSQL prints lower case',
    refused: 'a text of another form than 8-4-4-4-12',
    values: [
      ['123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
      ['ABCDEF67-E89B-12D3-A456-426614174000', 'abcdef67-e89b-12d3-a456-426614174000'],
      ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'],
    ],
    bad: ['123e4567', '123e4567e89b12d3a456426614174000', '{123e4567-e89b-12d3-a456-426614174000}'],
  },
  {
    name: 'color',
    avro: { type: 'enum', name: 'Color', symbols: ['Red', 'Green'] },
    column: 'color',
    also: ['varchar(5)', 'text'],
    proto: 'Color',
    exact: 'every word; a PostgreSQL enum needs a cast from varchar (below)',
    refused: 'a value without a word',
    values: [
      [1, 'Red'],
      [2, 'Green'],
    ],
    bad: [3],
  },
  {
    name: 'shade',
    avro: 'string',
    limits: { allowed: ['Red', 'Green'] },
    column: 'color',
    also: ['varchar(5)', 'text'],
    proto: 'Color',
    exact: 'every word of `allowed`; a PostgreSQL enum needs a cast from varchar (below)',
    refused: 'a value without a word',
    values: [
      [1, 'Red'],
      [2, 'Green'],
    ],
    bad: [3],
  },
  {
    name: 'doc',
    avro: { type: 'string', 'connect.name': 'io.debezium.data.Json' },
    column: 'jsonb',
    proto: 'string',
    exact:
      'the value, with every digit of its numbers; jsonb itself keeps neither blanks nor the order of keys, and of equal keys the last',
    refused:
      'what is no JSON, `\\u0000`, halves of surrogate pairs, more than 256 levels, numbers of more than 1,000 digits',
    values: [
      ['{}', '{}'],
      ['null', 'null'],
      ['[]', '[]'],
      ['""', '""'],
      ['{"b":1, "a":2, "a":3}', '{"a": 3, "b": 1}'],
      ['[1.00, 1.50e1, 1e2, -0.0]', '[1.00, 15.0, 100, 0.0]'],
      ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
      ['{"k":"héllo ☃ 🦀 \\u2028 \\" \\\\"}', '{"k": "héllo ☃ 🦀 \u2028 \\" \\\\"}'],
      ['{"__proto__":{"10":1,"9":2}}', '{"__proto__": {"9": 2, "10": 1}}'],
      [DEEP, DEEP],
    ],
    bad: ['nope', '{"a":01}', '"\\u0000"', '"\\ud800"', `[${DEEP}]`, '1e1001', `0.${'1'.repeat(1001)}`],
  },
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
  {
    name: 'amount',
    avro: decimal(38, 8),
    column: 'numeric(38,8)',
    also: ['numeric'],
    proto: 'string',
    exact: 'every digit, of any precision and scale that both sides share',
    refused: 'more digits than the column has, exponents, NaN',
    values: [
      ['0.00000000', '0.00000000'],
      ['-0.00000001', '-0.00000001'],
      [`${'9'.repeat(30)}.99999999`, `${'9'.repeat(30)}.99999999`],
      [`-${'9'.repeat(30)}.99999999`, `-${'9'.repeat(30)}.99999999`],
    ],
    bad: ['0.000000001', `1${'0'.repeat(30)}`, 'NaN', '1e3'],
  },
  {
    name: 'wide',
    avro: decimal(1000, 500),
    column: 'numeric(1000,500)',
    proto: 'string',
    exact: 'the same beyond 38 digits',
    refused: 'the same',
    values: [
      [`-${'9'.repeat(500)}.${'9'.repeat(500)}`, `-${'9'.repeat(500)}.${'9'.repeat(500)}`],
      [`0.${'0'.repeat(499)}1`, `0.${'0'.repeat(499)}1`],
    ],
    bad: [`1${'0'.repeat(500)}`],
  },
  {
    name: 'units',
    avro: decimal(20, 0),
    column: 'numeric(20,0)',
    proto: 'uint64',
    exact: 'every whole number of 64 bits without a sign',
    refused: 'nothing',
    values: [
      [0n, '0'],
      [2n ** 63n, '9223372036854775808'],
      [2n ** 64n - 1n, '18446744073709551615'],
    ],
    bad: [],
  },
  {
    name: 'small',
    avro: 'int',
    limits: { minimum: -32768, maximum: 32767 },
    column: 'smallint',
    also: ['integer', 'bigint', 'numeric(5,0)', 'numeric'],
    proto: 'int32',
    exact: 'every whole number between `minimum` and `maximum`',
    refused: 'numbers beyond them',
    values: [
      [-32768, '-32768'],
      [32767, '32767'],
    ],
    bad: [-32769, 32768],
  },
  {
    name: 'whole',
    avro: 'int',
    column: 'integer',
    also: ['bigint', 'numeric(10,0)'],
    proto: 'int32',
    exact: 'every whole number of 32 bits',
    refused: 'nothing',
    values: [
      [-2147483648, '-2147483648'],
      [0, '0'],
      [2147483647, '2147483647'],
    ],
    bad: [],
  },
  {
    name: 'many',
    avro: 'long',
    column: 'bigint',
    also: ['numeric(20,0)'],
    proto: 'int64',
    exact: 'every whole number of 64 bits',
    refused: 'a uint64 beyond 2^63 - 1: use a decimal(20,0)',
    values: [
      [LEAST, '-9223372036854775808'],
      [MOST, '9223372036854775807'],
    ],
    bad: [],
  },
  {
    name: 'cents',
    avro: 'long',
    column: 'numeric(21,2)',
    proto: 'int64',
    exact: 'the same, as a number with a fraction of zeros',
    refused: 'the same',
    values: [
      [LEAST, '-9223372036854775808.00'],
      [MOST, '9223372036854775807.00'],
    ],
    bad: [],
  },
  {
    name: 'level',
    avro: 'double',
    column: 'double precision',
    proto: 'double',
    exact: 'every bit; NaN and the infinities where others produce',
    refused: 'NaN and the infinities',
    values: [
      [0.1, '0.1'],
      [-0, '-0'],
      [5e-324, '5e-324'],
      [-Number.MAX_VALUE, '-1.7976931348623157e+308'],
      [1e23, '9.999999999999999e+22'],
      [1e-7, '1e-07'],
    ],
    written: [
      [Number.NaN, 'NaN'],
      [Number.POSITIVE_INFINITY, 'Infinity'],
      [Number.NEGATIVE_INFINITY, '-Infinity'],
    ],
    bad: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  },
  {
    name: 'words',
    avro: array('string'),
    limits: { maxLength: 20 },
    column: 'text[]',
    also: ['varchar(20)[]'],
    proto: 'repeated string',
    exact: 'every element in its order, and an empty list',
    refused: 'an element that a string refuses',
    values: [
      [[], '{}'],
      [['a', 'b'], '{a,b}'],
      [
        ['', 'NULL', ' ', 'a,b', '{x}', '"q"', '\\', "'", '🦀', '\n'],
        '{"","NULL"," ","a,b","{x}","\\"q\\"","\\\\",\',🦀,"\n"}',
      ],
    ],
    bad: [['a', 'b\u0000']],
  },
  {
    name: 'holes',
    avro: array(['null', 'string']),
    column: 'text[]',
    proto: 'repeated string',
    exact: 'null elements too, which protobuf cannot send',
    refused: 'the same',
    values: [[['a'], '{a}']],
    written: [
      [['a', null, 'b'], '{a,NULL,b}'],
      [[null], '{NULL}'],
    ],
    bad: [],
  },
  {
    name: 'numbers',
    avro: array('int'),
    column: 'integer[]',
    also: ['bigint[]'],
    proto: 'repeated int32',
    exact: 'every element',
    refused: 'nothing',
    values: [
      [[], '{}'],
      [[1, -2147483648, 2147483647], '{1,-2147483648,2147483647}'],
    ],
    bad: [],
  },
  {
    name: 'smalls',
    avro: array('int'),
    limits: { minimum: -32768, maximum: 32767 },
    column: 'smallint[]',
    also: ['integer[]', 'bigint[]'],
    proto: 'repeated int32',
    exact: 'every element between `minimum` and `maximum`',
    refused: 'an element beyond them',
    values: [
      [[], '{}'],
      [[-32768, 0, 32767], '{-32768,0,32767}'],
    ],
    bad: [[0, 32768]],
  },
  {
    name: 'longs',
    avro: array('long'),
    column: 'bigint[]',
    proto: 'repeated int64',
    exact: 'every element',
    refused: 'the same',
    values: [
      [[], '{}'],
      [[1n, MOST, LEAST], '{1,9223372036854775807,-9223372036854775808}'],
    ],
    bad: [],
  },
  {
    name: 'flags',
    avro: array('boolean'),
    column: 'boolean[]',
    proto: 'repeated bool',
    exact: 'every element',
    refused: 'nothing',
    values: [
      [[], '{}'],
      [[true, false], '{t,f}'],
    ],
    bad: [],
  },
  {
    name: 'idents',
    avro: array({ type: 'string', logicalType: 'uuid' }),
    column: 'text[]',
    also: ['varchar(36)[]'],
    proto: 'repeated string',
    exact: 'every element; uuid[] is refused by the sink',
    refused: 'an element that is no UUID',
    values: [[['ABCDEF67-e89b-12d3-a456-426614174000'], '{abcdef67-e89b-12d3-a456-426614174000}']],
    bad: [['nope']],
  },
  {
    name: 'colors',
    avro: array({ type: 'enum', name: 'Colors', symbols: ['Red', 'Green'] }),
    column: 'text[]',
    also: ['varchar(5)[]'],
    proto: 'repeated Color',
    exact: 'every word; an array of a PostgreSQL enum is refused by the sink',
    refused: 'an element without a word',
    values: [[[2, 1], '{Green,Red}']],
    bad: [[1, 3]],
  },
];

/** Each type with each of its columns: one field and one column. */
export const TYPE_CASES: readonly TypeCase[] = CARRIED_TYPES.flatMap((one) => [
  one,
  ...(one.also ?? []).map((column, index) => {
    const number = index + 2;
    // Avro takes each name once.
    const avro = JSON.parse(JSON.stringify(one.avro).replace(/"name":"(\w+)"/, `"name":"$1${number}"`));
    return { ...one, name: `${one.name}_${number}`, avro, column };
  }),
]);
