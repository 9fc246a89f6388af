import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'protobufjs';
import { afterAll, describe, expect, it } from 'vitest';
import type { FieldMapping, Scalar } from '../../../../pipeline/feed.ts';
import { toBase58 } from '../../../../producer/record/base58.ts';
import { createRecordMapper } from '../../../../producer/record/mapper.ts';
import { parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import { TAPE_PROTO, writeTape } from '../../../support/tape.ts';

const folder = mkdtempSync(join(tmpdir(), 'perps-connect-tape-'));
writeTape(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const root = new protobuf.Root().loadSync(join(folder, TAPE_PROTO), { keepCase: true }).resolveAll() as protobuf.Root;
const Print = root.lookupType('acme.md.Print');

const TIME = { type: 'long', logicalType: 'timestamp-millis' };
const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });

const JSON_TYPE = { type: 'string', 'connect.name': 'io.debezium.data.Json' };
const MICROS = { type: 'long', logicalType: 'timestamp-micros', 'connect.name': 'io.debezium.time.MicroTimestamp' };

/** What one Avro field becomes of a print, as the definition maps it. */
function mappedValue(
  type: unknown,
  path: string,
  mapping: Omit<FieldMapping, 'to'>,
  print: object,
  limits: object = {},
  message = Print,
): unknown {
  const schema = parseAvroSchema(
    JSON.stringify({ type: 'record', name: 'One', fields: [{ name: 'out', type, ...limits }] }),
    'one.avsc',
  );
  const map = createRecordMapper(schema, {
    update: message,
    mapping: { fields: { [path]: { to: 'out', ...mapping } }, constants: {} },
  });
  const bytes = message.encode(message.fromObject(print)).finish();
  const mapped = map(message.decode(bytes) as unknown as Record<string, unknown>);
  return mapped.ok ? mapped.record.out : mapped.refusals.map(({ code }) => code).join();
}

const wrappers = new protobuf.Root();
wrappers.addJSON(protobuf.common.get('google/protobuf/wrappers.proto')?.nested ?? {});

/** Messages with single values in Google's wrappers. */
const Wrapped = protobuf
  .parse(
    `syntax = "proto3"; import "google/protobuf/wrappers.proto";
     message Wrapped { google.protobuf.UInt64Value n = 1; google.protobuf.BytesValue b = 2; google.protobuf.StringValue s = 3; }`,
    wrappers,
    { keepCase: true },
  )
  .root.resolveAll()
  .lookupType('Wrapped');

it.each<[string, unknown, string, Omit<FieldMapping, 'to'>, object, unknown]>([
  ['scaled', decimal(38, 8), 'n', { scale: 8 }, { n: { value: '18446744073709551615' } }, '184467440737.09551615'],
  ['a time', TIME, 'n', { unit: 'seconds' }, { n: { value: 1_750_000_000 } }, new Date(1_750_000_000_000)],
  ['hex', 'string', 'b', { text: 'hex' }, { b: { value: Buffer.from('00ff', 'hex') } }, '00ff'],
  ['JSON', JSON_TYPE, 's', { text: 'json' }, { s: { value: 'a"b' } }, '"a\\"b"'],
  ['not sent', decimal(38, 8), 'n', { scale: 8 }, {}, 'MISSING'],
])('a wrapper is converted as the value in it is: %s', (_what, type, path, mapping, sent, wanted) => {
  expect(mappedValue(type, path, mapping, sent, {}, Wrapped)).toEqual(wanted);
});

describe('a value of a foreign message becomes the Avro field’s, exactly', () => {
  it.each<[string, unknown, string, Omit<FieldMapping, 'to'>, object, unknown]>([
    ['a renamed text', 'string', 'mark', {}, { mark: 'm-1' }, 'm-1'],
    ['a field inside a message', 'string', 'costs.paid_in', {}, { costs: { paid_in: 'USD' } }, 'USD'],
    ['a scaled integer', decimal(38, 8), 'px', { scale: 8 }, { px: '-123456789012' }, '-1234.56789012'],
    [
      'a scaled integer with fewer digits than the column',
      decimal(38, 10),
      'px',
      { scale: 8 },
      { px: '1' },
      '0.0000000100',
    ],
    [
      'the largest integer',
      decimal(38, 0),
      'seq_no',
      { scale: 0 },
      { seq_no: '18446744073709551615' },
      '18446744073709551615',
    ],
    [
      'a carried exponent',
      decimal(38, 12),
      'qty',
      { exponent: 'qty_pow' },
      { qty: '12345', qty_pow: -3 },
      '12.345000000000',
    ],
    ['an exponent above zero', decimal(38, 2), 'qty', { exponent: 'qty_pow' }, { qty: '12', qty_pow: 3 }, '12000.00'],
    [
      'zeros behind the last digit that the column has',
      decimal(38, 2),
      'qty',
      { exponent: 'qty_pow' },
      { qty: '1200', qty_pow: -4 },
      '0.12',
    ],
    ['a carried scale', decimal(38, 4), 'qty', { scale: 'qty_pow' }, { qty: '12345', qty_pow: 3 }, '12.3450'],
    [
      'a Timestamp',
      TIME,
      'at',
      {},
      { at: { seconds: 1_700_000_000, nanos: 123_000_000 } },
      new Date(1_700_000_000_123),
    ],
    ['a time before 1970', TIME, 'at', {}, { at: { seconds: -1, nanos: 500_000_000 } }, new Date(-500)],
    ['seconds', TIME, 'settled', { unit: 'seconds' }, { settled: '1700000000' }, new Date(1_700_000_000_000)],
    [
      'microseconds',
      TIME,
      'settled',
      { unit: 'microseconds' },
      { settled: '1700000000123000' },
      new Date(1_700_000_000_123),
    ],
    [
      'a Duration in units',
      'long',
      'took',
      { unit: 'microseconds' },
      { took: { seconds: 2, nanos: 5_000 } },
      2_000_005n,
    ],
    [
      'a Duration as a decimal of seconds',
      decimal(38, 9),
      'took',
      {},
      { took: { seconds: -2, nanos: -5 } },
      '-2.000000005',
    ],
    ['a wrapper', 'string', 'note', {}, { note: { value: 'n' } }, 'n'],
    ['an enum by its words', 'string', 'hit', { words: { BUYER: 'buy', SELLER: 'sell' } }, { hit: 'SELLER' }, 'sell'],
    ['bytes as hex', 'string', 'txn', { text: 'hex' }, { txn: Buffer.from('00ff', 'hex') }, '00ff'],
    ['bytes as base64', 'string', 'txn', { text: 'base64' }, { txn: Buffer.from('hi') }, 'aGk='],
    ['bytes as base58', 'string', 'txn', { text: 'base58' }, { txn: Buffer.from('0000287fb4cd', 'hex') }, '11233QC4'],
    [
      'a message as JSON',
      'string',
      'costs',
      { text: 'json' },
      { costs: { fee: '9007199254740993', paid_in: 'a"b' } },
      '{"fee":"9007199254740993","paid_in":"a\\"b"}',
    ],
    ['a list as JSON', 'string', 'tags', { text: 'json' }, { tags: ['a', 'ü'] }, '["a","ü"]'],
    ['an empty list as JSON', 'string', 'tags', { text: 'json' }, {}, '[]'],
    ['a list as JSON for jsonb', JSON_TYPE, 'tags', { text: 'json' }, { tags: ['a', 'ü'] }, '["a","ü"]'],
    ['a list as a list', { type: 'array', items: 'string' }, 'tags', {}, { tags: ['a', 'ü'] }, ['a', 'ü']],
    ['an empty list as a list', { type: 'array', items: 'string' }, 'tags', {}, {}, []],
    [
      'an enum by its words, as an enum of Avro',
      { type: 'enum', name: 'Side', symbols: ['buy', 'sell'] },
      'hit',
      { words: { BUYER: 'buy', SELLER: 'sell' } },
      { hit: 'SELLER' },
      'sell',
    ],
    [
      'a Timestamp in microseconds',
      MICROS,
      'at',
      {},
      { at: { seconds: 1_700_000_000, nanos: 123_456_000 } },
      '2023-11-14T22:13:20.123456Z',
    ],
    [
      'seconds in microseconds',
      MICROS,
      'settled',
      { unit: 'seconds' },
      { settled: '1700000000' },
      '2023-11-14T22:13:20.000000Z',
    ],
  ])('%s', (_name, type, path, mapping, print, value) => {
    expect(mappedValue(type, path, mapping, print)).toEqual(value);
  });

  it('what is absent is null, or missing where it must not be', () => {
    expect(mappedValue(['null', 'string'], 'costs.paid_in', {}, {})).toBeNull();
    expect(mappedValue(['null', TIME], 'at', {}, {})).toBeNull();
    expect(mappedValue('string', 'note', {}, {}, { minLength: 1 })).toBe('MISSING');
    expect(mappedValue('string', 'hit', { words: { BUYER: 'buy' } }, {})).toBe('MISSING');
    expect(mappedValue(decimal(38, 2), 'px', { scale: 2 }, {})).toBe('0.00');
  });

  it('a constant stands in every record', () => {
    const fields = [
      { name: 'venue', type: 'string' },
      { name: 'since', type: TIME },
      { name: 'lot', type: decimal(9, 2) },
    ];
    const schema = parseAvroSchema(JSON.stringify({ type: 'record', name: 'One', fields }), 'one.avsc');
    const constants: Record<string, Scalar> = { venue: 'acme', since: '2026-01-01T00:00:00Z', lot: '0.5' };
    const mapped = createRecordMapper(schema, { update: Print, mapping: { fields: {}, constants } })({});
    expect(mapped).toEqual({ ok: true, record: { venue: 'acme', since: new Date('2026-01-01'), lot: '0.50' } });
  });
});

describe('a value that would be rounded or guessed is refused', () => {
  it.each<[string, unknown, string, Omit<FieldMapping, 'to'>, object, string]>([
    ['more digits than the column has', decimal(10, 8), 'px', { scale: 8 }, { px: '100000000000' }, 'TOO_MANY_DIGITS'],
    [
      'a digit behind the last one of the column',
      decimal(38, 2),
      'qty',
      { exponent: 'qty_pow' },
      { qty: '1', qty_pow: -3 },
      'TOO_MANY_FRACTION_DIGITS',
    ],
    [
      'an exponent beyond every column',
      decimal(38, 2),
      'qty',
      { exponent: 'qty_pow' },
      { qty: '1', qty_pow: 2_000_000_000 },
      'OUT_OF_RANGE',
    ],
    ['a Timestamp between two milliseconds', TIME, 'at', {}, { at: { seconds: 1, nanos: 1 } }, 'NOT_EXACT'],
    [
      'nanoseconds between two milliseconds',
      TIME,
      'settled',
      { unit: 'nanoseconds' },
      { settled: '1000001' },
      'NOT_EXACT',
    ],
    [
      'a time beyond the year 9999',
      TIME,
      'settled',
      { unit: 'seconds' },
      { settled: '9007199254740991' },
      'OUT_OF_RANGE',
    ],
    [
      'an enum’s value that the proto does not name',
      'string',
      'hit',
      { words: { BUYER: 'buy' } },
      { hit: 9 },
      'NOT_ALLOWED',
    ],
    ['a NUL inside JSON', 'string', 'tags', { text: 'json' }, { tags: ['a\0b'] }, 'BAD_TEXT'],
  ])('%s', (_name, type, path, mapping, print, code) => {
    expect(mappedValue(type, path, mapping, print)).toBe(code);
  });
});

describe('base58', () => {
  it('writes leading zeros as ones, and long values', () => {
    expect(toBase58(Buffer.alloc(32))).toBe('1'.repeat(32));
    expect(toBase58(Buffer.alloc(32, 255))).toBe('JEKNVnkbo3jma5nREBBJCDoXFVeKkD56V3xKrvRmWxFG');
    expect(toBase58(Buffer.alloc(0))).toBe('');
  });

  it('is the number in base 58, for any bytes', () => {
    for (let length = 1; length < 70; length += 1) {
      const bytes = Buffer.from(Array.from({ length }, (_, index) => (index * 37 + length * 11 + 1) % 256));
      const digits = [...toBase58(bytes)].map((digit) =>
        '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'.indexOf(digit),
      );
      expect(digits.reduce((value, digit) => value * 58n + BigInt(digit), 0n)).toBe(
        BigInt(`0x${bytes.toString('hex')}`),
      );
    }
  });
});

it('scaled integers are exact wherever a double would not be', () => {
  const edges = [
    0n,
    1n,
    5n,
    99_999_999n,
    100_000_000n,
    2n ** 32n,
    2n ** 52n,
    2n ** 53n - 1n,
    2n ** 53n + 1n,
    2n ** 63n - 1n,
  ];
  for (const whole of [...edges, ...edges.map((edge) => -edge), -(2n ** 63n)]) {
    for (const scale of [0, 2, 8, 9, 10]) {
      const digits = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, '0');
      const point = digits.length - scale;
      const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
      expect(mappedValue(decimal(38, scale), 'px', { scale }, { px: whole.toString() })).toBe(
        whole < 0n ? `-${text}` : text,
      );
    }
  }
});

it('a Timestamp is exact before 1970 too, and refused where a millisecond would be cut', () => {
  const at = (seconds: number, nanos: number) => mappedValue(TIME, 'at', {}, { at: { seconds, nanos } });
  expect(at(-1, 999_000_000)).toEqual(new Date(-1));
  expect(at(1_750_000_000, 1_000_000)).toEqual(new Date(1_750_000_000_001));
  expect(at(1_750_000_000, 1_000_001)).toBe('NOT_EXACT');
});
