import { describe, expect, it } from 'vitest';
import { createSchemaGenerator } from '../../../../producer/simulator/schema-generator.ts';
import { Timeline } from '../../../../producer/simulator/timeline.ts';
import { type AvroRecord, parseAvroSchema } from '../../../../schemas/avro-schema.ts';
import { parseDecimal } from '../../../../schemas/decimal.ts';

const START = Date.UTC(2026, 0, 1, 23, 52);

function made(fields: readonly object[], { count = 500, key = 'signature', seed = 42 } = {}): AvroRecord[] {
  const all = fields.some((field) => 'name' in field && field.name === key) ? fields : [text(key), ...fields];
  const schema = parseAvroSchema(
    JSON.stringify({ type: 'record', name: 'Trade', namespace: 'test.v1', fields: all }),
    'test.avsc',
  );
  const generator = createSchemaGenerator({ schema, seed, key: [key] });
  const timeline = new Timeline({ seed, firstSlot: 312_000_000n, startMs: START, updatesPerSlot: 20 });
  return Array.from({ length: count }, () => generator.next(timeline.next(), 1)).flat();
}

const text = (name: string, limits: object = {}) => ({ name, type: 'string', ...limits });
const decimal = (name: string, precision: number, scale: number) => ({
  name,
  type: { type: 'bytes', logicalType: 'decimal', precision, scale },
});
const valuesOf = (field: { name: string; type: unknown; minimum?: number }, options = {}) =>
  made([field], options).map((record) => record[field.name]);

const BASE58 = '[1-9A-HJ-NP-Za-km-z]';
const ADDRESS = new RegExp(`^${BASE58}{43,44}$`);
const SIGNATURE = new RegExp(`^${BASE58}{87,88}$`);
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

it.each([
  ['market', /^(BTC|ETH|SOL|JUP|DOGE)-PERP$/],
  ['symbol', /-PERP$/],
  ['side', /^(buy|sell)$/],
  ['taker_side', /^(buy|sell)$/],
  ['position_side', /^(long|short)$/],
  ['order_status', /^(open|filled|cancelled|expired)$/],
  ['order_id', UUID],
  ['tradeId', UUID],
  ['tx', SIGNATURE],
  ['tx_hash', SIGNATURE],
  ['maker', ADDRESS],
  ['taker_account', ADDRESS],
  ['owner', ADDRESS],
  ['user', ADDRESS],
  ['mint', ADDRESS],
  ['fee_currency', /^(USDC|USDT|SOL|BTC|ETH)$/],
  ['venue', /^[a-z]+$/],
  ['executed_at', /^2026-01-0[12]T\d\d:\d\d:\d\d\.000Z$/],
  ['nickname', /^[a-z]{3,9}(-[a-z]{3,9})?$/],
])('a text called %s looks like one', (name, looks) => {
  const texts = valuesOf(text(name));
  expect(texts.filter((value) => !looks.test(String(value)))).toEqual([]);
  expect(new Set(texts).size).toBeGreaterThan(1);
});

it.each([
  ['size', 0.01, 25],
  ['base_quantity', 0.01, 25],
  ['fee', 0.001, 5],
  ['leverage', 1, 20],
  ['funding_rate', -0.0005, 0.0005],
  ['margin_ratio', 0, 1],
  ['fee_bps', 1, 50],
  ['realized_pnl', -2_500, 2_500],
  ['amount', 10, 10_000],
  ['trade_count', 1, 20],
])('a number called %s is from %d to %d, as a decimal, a double and a whole number', (name, from, to) => {
  const whole =
    to <= 1
      ? []
      : [
          { name, type: 'int' },
          { name, type: 'long' },
        ];
  const kinds = [decimal(name, 38, 6), { name, type: 'double' }, ...whole];
  for (const field of kinds) {
    const numbers = valuesOf(field).map(Number);
    expect(numbers.filter((value) => !(value >= from && value <= to))).toEqual([]);
  }
  expect(new Set(valuesOf(decimal(name, 38, 6))).size).toBeGreaterThan(9);
});

it('a price is near that of the market which the update is about', () => {
  const usual: Record<string, number> = { 'BTC-PERP': 97_250, 'ETH-PERP': 3_412.5, 'DOGE-PERP': 0.32418 };
  const records = made([text('market'), decimal('price', 38, 6), { name: 'mark_price', type: 'double' }]);
  for (const { market, price, mark_price } of records) {
    const expected = usual[market as string];
    if (expected === undefined) continue;
    expect(Math.abs(Number(price) / expected - 1)).toBeLessThan(0.021);
    expect(Math.abs(Number(mark_price) / expected - 1)).toBeLessThan(0.021);
  }
});

it.each([
  ['executed_at', 'long', 1],
  ['ts', 'long', 1],
  ['time_us', 'long', 1_000],
  ['time_ns', 'long', 1_000_000],
  ['block_time_s', 'long', 0.001],
  ['timestamp', 'int', 0.001],
])('a time called %s, of type %s, is near the time of its slot', (name, type, perMillisecond) => {
  for (const time of valuesOf({ name, type })) {
    const ms = Number(time) / perMillisecond;
    expect(ms).toBeGreaterThanOrEqual(START - 1_000);
    expect(ms).toBeLessThan(START + 600_000);
  }
});

it('a part of one is whole in its smallest unit', () => {
  const rates = valuesOf({ name: 'funding_rate', type: 'int', minimum: -1_000 }).map(Number);
  expect(Math.min(...rates)).toBeLessThan(-400);
  expect(Math.max(...rates)).toBeLessThanOrEqual(500);
});

it('a sequence counts, and a slot is the slot', () => {
  expect(valuesOf({ name: 'sequence', type: 'long' }, { count: 3 })).toEqual([1n, 2n, 3n]);
  expect(valuesOf({ name: 'slot', type: 'long' }, { count: 1 })[0]).toBeGreaterThanOrEqual(312_000_000n);
});

it('a number whose name says nothing can be read, and still reaches its ends', () => {
  const numbers = valuesOf({ name: 'quux', type: 'long' }, { count: 2_000 }) as bigint[];
  expect(numbers.filter((value) => value >= 10_000n).length).toBeLessThan(100);
  expect(numbers.filter((value) => value >= 2n ** 60n).length).toBeGreaterThan(0);
});

describe('whatever its name says, a value keeps to its limits', () => {
  const names = ['market', 'side', 'status', 'order_id', 'tx', 'owner', 'mint', 'currency', 'created_at', 'nickname'];
  const limits = [1, 2, 3, 4, 5, 8, 20, 36, 40, 44, 64, 88, 120].flatMap((maxLength) =>
    [0, 1, maxLength].map((minLength) => ({ minLength, maxLength })),
  );

  it('as a text of any length', () => {
    const fields = names.flatMap((name) => limits.map((limit, at) => ({ ...limit, ...text(`f${at}_${name}`, limit) })));
    for (const record of made(fields, { count: 60 })) {
      for (const { name, minLength, maxLength } of fields) {
        const { length } = record[name] as string;
        expect(length >= minLength && length <= maxLength, `${name}: ${record[name]}`).toBe(true);
      }
    }
  });

  it('as a key of any length from eight on, and never comes back', () => {
    for (const name of names) {
      for (const limit of limits.filter(({ maxLength }) => maxLength >= 8)) {
        const keys = valuesOf(text(name, limit), { key: name, count: 300 }) as string[];
        expect(new Set(keys).size, name).toBe(300);
        for (const { length } of keys) expect(length >= limit.minLength && length <= limit.maxLength).toBe(true);
      }
    }
  });

  it('as a decimal of any shape and a whole number of any range', () => {
    const numbers = ['price', 'size', 'fee', 'leverage', 'rate', 'ratio', 'pnl', 'amount', 'bps', 'quux', 'ts', 'seq'];
    const shapes = [
      [1, 0],
      [1, 1],
      [2, 2],
      [3, 1],
      [5, 0],
      [8, 8],
      [12, 4],
      [38, 18],
      [38, 38],
    ] as const;
    const ranges = [
      [0, 0],
      [1, 3],
      [5, 7],
      [-3, -1],
      [-10, 10],
      [100, 32_767],
      [2_000_000_000, 2_000_000_001],
    ];
    const fields = numbers.flatMap((name) => [
      ...shapes.map(([precision, scale]) => decimal(`d${precision}x${scale}_${name}`, precision, scale)),
      ...ranges.flatMap(([minimum, maximum], at) => [
        { name: `i${at}_${name}`, type: 'int', minimum, maximum },
        { name: `l${at}_${name}`, type: 'long', minimum, maximum },
      ]),
    ]);
    for (const record of made(fields, { count: 60 })) {
      for (const field of fields) {
        const value = record[field.name];
        if ('minimum' in field) {
          const { minimum = 0, maximum = 0 } = field;
          expect(Number(value) >= minimum && Number(value) <= maximum, `${field.name}: ${value}`).toBe(true);
        } else {
          // Throws what would be refused.
          const [, precision, scale] = /^d(\d+)x(\d+)/.exec(field.name) ?? [];
          parseDecimal(String(value), { precision: Number(precision), scale: Number(scale) });
        }
      }
    }
  });
});

it('is the same for the same seed, and other for another', () => {
  const fields = [text('market'), text('owner'), text('order_id'), text('nickname'), decimal('price', 38, 6)];
  expect(made(fields)).toEqual(made(fields));
  expect(made(fields, { seed: 1 })).not.toEqual(made(fields));
});
