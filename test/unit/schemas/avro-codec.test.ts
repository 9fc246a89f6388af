import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AvroRecord, loadAvroSchema } from '../../../schemas/avro-schema.ts';
import { createAvroType } from '../../support/avro-type.ts';

const positions = loadAvroSchema(resolve(import.meta.dirname, '../../../schemas/position-update.avsc'));
const record: AvroRecord = {
  position_account: 'A',
  position_index: 0,
  owner: 'B',
  signature: 'C',
  slot: 2n ** 63n - 1n,
  block_time: new Date('2026-01-01T00:00:00.123Z'),
  symbol: 'BTC-USD',
  side: 'Long',
  size: '999999999999999999999999999999.99999999',
  entry_price: '0.000000',
  mark_price: '-0.000001',
  margin: '128.000000',
  leverage: 32767,
  unrealized_pnl: '-99999999999999999999999999999999.999999',
  realized_pnl: '1.280000',
  funding_accrued: '-1.290000',
  liquidation_price: '2.550000',
  status: 'Open',
  event_type: 'OPENED',
};

const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });
const recordOf = (type: unknown, name = 'Probe') => ({
  type: 'record',
  name,
  namespace: 'test',
  fields: [{ name: 'value', type }],
});
const roundTrip = (type: unknown, value: unknown): unknown => {
  const codec = createAvroType(recordOf(type));
  return (codec.fromBuffer(codec.toBuffer({ value })) as { value: unknown }).value;
};

describe('the Avro codec', () => {
  it('returns every value of a position as it was, to the last of 38 digits', () => {
    const type = createAvroType(positions.raw);
    expect(type.fromBuffer(type.toBuffer(record))).toEqual({ ...record, ordinal: null, bank_id: null });
  });

  it.each([
    0n,
    -1n,
    63n,
    64n,
    -64n,
    -65n,
    2n ** 31n,
    2n ** 53n - 1n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ])('keeps the long %s exactly, as a bigint', (value) => {
    expect(roundTrip('long', value)).toBe(value);
    expect(roundTrip(['null', 'long'], value)).toBe(value);
    expect(roundTrip({ type: 'long' }, value)).toBe(value);
  });

  it.each([2n ** 63n, -(2n ** 63n) - 1n, 5, '5', null])('refuses %s as a long', (value) => {
    expect(() => roundTrip('long', value)).toThrow();
  });

  it('writes longs as Avro does', () => {
    const type = createAvroType(recordOf('long'));
    // From the specification's table of zig-zag numbers.
    expect(type.toBuffer({ value: -64n }).toString('hex')).toBe('7f');
    expect(type.toBuffer({ value: 64n }).toString('hex')).toBe('8001');
    expect(type.toBuffer({ value: -(2n ** 63n) }).toString('hex')).toBe('ffffffffffffffffff01');
  });

  it('keeps a time to the millisecond, before 1970 as well', () => {
    const millis = { type: 'long', logicalType: 'timestamp-millis' };
    for (const text of ['2026-01-01T00:00:00.001Z', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z']) {
      expect(roundTrip(millis, new Date(text))).toEqual(new Date(text));
    }
    expect(() => roundTrip(millis, new Date(Number.NaN))).toThrow();
    expect(() => roundTrip(millis, 5)).toThrow();
  });

  it('refuses to read a time that no Date can hold, instead of an invalid one', () => {
    const written = createAvroType(recordOf('long')).toBuffer({ value: 8_640_000_000_000_001n });
    const type = createAvroType(recordOf({ type: 'long', logicalType: 'timestamp-millis' }));
    expect(() => type.fromBuffer(written)).toThrow('beyond what a date can be');
  });

  it.each(['1.0000001', 'NaN', '1e3', '', '100000000000000000000000000000000'])('refuses %j as a decimal', (value) => {
    expect(() => roundTrip(decimal(38, 6), value)).toThrow();
  });

  it('refuses a float as a decimal', () => {
    expect(() => roundTrip(decimal(38, 6), 1.5)).toThrow();
    expect(() => roundTrip(['null', decimal(38, 6)], 1.5)).toThrow();
  });

  it('reads decimals written longer than needed', () => {
    const written = createAvroType(recordOf('bytes')).toBuffer({ value: Buffer.from('ffffffffffffffff80', 'hex') });
    expect(createAvroType(recordOf(decimal(38, 6))).fromBuffer(written)).toEqual({ value: '-0.000128' });
  });

  it('takes null and a value in an optional field of every kind', () => {
    const date = new Date(1_700_000_000_000);
    const kinds: readonly [unknown, unknown][] = [
      [decimal(38, 6), '-1.500000'],
      [{ type: 'long', logicalType: 'timestamp-millis' }, date],
      ['long', 9n],
      ['int', 9],
      ['string', 'x'],
      ['boolean', false],
      ['double', 0.5],
      ['bytes', Buffer.from([1])],
    ];
    for (const [type, value] of kinds) {
      expect(roundTrip(['null', type], null)).toBeNull();
      expect(roundTrip(['null', type], value)).toEqual(value);
    }
  });
});

it.each(['int', 'long', 'string', ['null', 'boolean']])(
  'an array of %j that says it has a billion elements ends where its bytes end',
  (items) => {
    const codec = createAvroType(recordOf({ type: 'array', items }));
    const started = performance.now();
    for (const bytes of [
      Buffer.from([0x80, 0x94, 0xeb, 0xdc, 0x03, 0x02]),
      // The negative number of elements, and how many bytes they take.
      Buffer.from([0xff, 0x93, 0xeb, 0xdc, 0x03, 0x02, 0x02]),
    ]) {
      expect(() => codec.fromBuffer(bytes)).toThrow('truncated');
    }
    expect(performance.now() - started).toBeLessThan(500);
  },
);
