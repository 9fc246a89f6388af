import { describe, expect, it } from 'vitest';
import { createRecordEncoder } from '../../../../producer/record/encoder.ts';
import { type AvroRecord, parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import { unframe } from '../../../../schemas/wire-format.ts';
import { createAvroType } from '../../../support/avro-type.ts';

const schemaOf = (...types: unknown[]) =>
  parseAvroSchema(
    JSON.stringify({ type: 'record', name: 'R', fields: types.map((type, n) => ({ name: `f${n}`, type })) }),
    'r.avsc',
  );
const decimal = (precision: number, scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision, scale });

/** Encodes with both, expects the same bytes, and returns what avsc reads from them. */
function roundTrip(types: unknown[], ...values: AvroRecord[string][]): unknown[] {
  const schema = schemaOf(...types);
  const type = createAvroType(schema.raw);
  const record = Object.fromEntries(values.map((value, n) => [`f${n}`, value]));
  const { schemaId, payload } = unframe(createRecordEncoder(schema, 7)(record));
  expect(schemaId).toBe(7);
  expect(payload.toString('hex')).toBe(type.toBuffer(record).toString('hex'));
  return Object.values(type.fromBuffer(payload) as AvroRecord);
}

describe('the Avro writer writes what avsc writes', () => {
  it('for amounts around every byte boundary, both signs', () => {
    for (let bits = 0n; bits <= 125n; bits += 1n) {
      for (const offset of [-2n, -1n, 0n, 1n, 2n]) {
        const magnitude = 2n ** bits + offset;
        if (magnitude < 0n) continue;
        for (const sign of ['', '-']) {
          const digits = magnitude.toString().padStart(7, '0');
          const text = `${magnitude === 0n ? '' : sign}${digits.slice(0, -6)}.${digits.slice(-6)}`;
          expect(roundTrip([decimal(38, 6)], text)).toEqual([text]);
        }
      }
    }
  });

  it('for amounts without fraction and for those with nothing else', () => {
    expect(roundTrip([decimal(38, 0), decimal(4, 4)], '-128', '0.9999')).toEqual(['-128', '0.9999']);
    expect(roundTrip([decimal(38, 0)], '9'.repeat(38))).toEqual(['9'.repeat(38)]);
  });

  it('for longs and times over their whole range', () => {
    const longs = [0n, 1n, -1n, 63n, 64n, -64n, -65n, 2n ** 31n, -(2n ** 31n), 2n ** 52n, 2n ** 53n + 1n];
    for (const value of [...longs, -(2n ** 52n), -(2n ** 63n), 2n ** 63n - 1n, 312_000_123n]) {
      expect(roundTrip(['long'], value)).toEqual([value]);
    }
    for (const ms of [0, -1, 1767225600123, -62135596800000, 253402300799999]) {
      const time = new Date(ms);
      expect(roundTrip([{ type: 'long', logicalType: 'timestamp-millis' }], time)).toEqual([time]);
    }
  });

  it('for ints, booleans, doubles and bytes', () => {
    for (const value of [0, -1, 1, 63, 64, -64, -65, 32_767, 2 ** 31 - 1, -(2 ** 31)]) {
      expect(roundTrip(['int'], value)).toEqual([value]);
    }
    expect(roundTrip(['boolean', 'boolean', 'double', 'bytes'], true, false, -0.1, Buffer.from([0, 255]))).toEqual([
      true,
      false,
      -0.1,
      Buffer.from([0, 255]),
    ]);
  });

  it('for text of every length and of several bytes a character', () => {
    for (const length of [0, 1, 62, 63, 64, 65, 88, 127, 128, 8_191, 8_192, 40_000]) {
      for (const letter of ['x', 'é', '語', '🐕']) {
        expect(roundTrip(['string'], letter.repeat(length))).toEqual([letter.repeat(length)]);
      }
    }
  });

  it('for nullable fields, wherever null stands', () => {
    for (const union of [
      ['null', 'string'],
      ['string', 'null'],
    ]) {
      const type = createAvroType(schemaOf(union).raw);
      const encode = createRecordEncoder(schemaOf(union), 1);
      for (const value of [null, 'x', '']) {
        const { payload } = unframe(encode({ f0: value }));
        const back = type.fromBuffer(payload) as { f0: { string: string } | string | null };
        const read = typeof back.f0 === 'object' && back.f0 !== null ? back.f0.string : back.f0;
        expect(read).toBe(value);
      }
    }
  });

  it('for records larger than its buffer, and small ones after', () => {
    const schema = schemaOf('string', 'string');
    const type = createAvroType(schema.raw);
    const encode = createRecordEncoder(schema, 1);
    for (const length of [10, 70_000, 20, 300_000, 0]) {
      const record = { f0: 'a'.repeat(length), f1: 'é'.repeat(length) };
      expect(type.fromBuffer(unframe(encode(record)).payload)).toEqual(record);
    }
  });
});

describe('the Avro writer', () => {
  it('fails on a record without a required value', () => {
    const encode = createRecordEncoder(schemaOf('string'), 1);
    expect(() => encode({})).toThrow('no value for f0');
    expect(() => encode({ f0: null })).toThrow('no value for f0');
  });
});
