import { describe, expect, it } from 'vitest';
import {
  DecimalError,
  type DecimalProblem,
  decodeDecimal,
  formatDecimal,
  parseDecimal,
  toTwosComplement,
} from '../../../schemas/decimal.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/** The value of a decimal's bytes. */
const unscaledOf = (bytes: Buffer): bigint => BigInt(decodeDecimal(bytes, 0));

const SIZE = { precision: 38, scale: 8 };
const PRICE = { precision: 38, scale: 6 };
const MAX_SIZE = '999999999999999999999999999999.99999999';

function problemOf(text: string, shape = PRICE): DecimalProblem | 'none' {
  try {
    parseDecimal(text, shape);
    return 'none';
  } catch (error) {
    if (error instanceof DecimalError) return error.problem;
    throw error;
  }
}

/** The definition, byte by byte: the shortest form whose range holds the value. */
function referenceBytes(value: bigint): number[] {
  let length = 1n;
  while (value < -(1n << (8n * length - 1n)) || value >= 1n << (8n * length - 1n)) length += 1n;
  const unsigned = value < 0n ? value + (1n << (8n * length)) : value;
  return Array.from({ length: Number(length) }, (_, index) =>
    Number((unsigned >> (8n * (length - 1n - BigInt(index)))) & 0xffn),
  );
}

/** The definition by long division: whole part and fraction apart. */
function referenceText(unscaled: bigint, scale: number): string {
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  const one = 10n ** BigInt(scale);
  const fraction = scale === 0 ? '' : `.${(magnitude % one).toString().padStart(scale, '0')}`;
  return `${unscaled < 0n ? '-' : ''}${magnitude / one}${fraction}`;
}

describe('parsing a decimal', () => {
  it.each([
    ['0', PRICE, 0n],
    ['-0', PRICE, 0n],
    ['0.000000', PRICE, 0n],
    ['-12.5', PRICE, -12_500_000n],
    ['007.5', PRICE, 7_500_000n],
    ['1', { precision: 5, scale: 0 }, 1n],
    ['0.000001', PRICE, 1n],
    ['0.00000001', SIZE, 1n],
    ['0.99999', { precision: 5, scale: 5 }, 99_999n],
    [MAX_SIZE, SIZE, 10n ** 38n - 1n],
    [`-${MAX_SIZE}`, SIZE, -(10n ** 38n - 1n)],
  ])('reads %s exactly', (text, shape, unscaled) => {
    expect(parseDecimal(text, shape)).toBe(unscaled);
  });

  it.each(['', ' ', ' 1', '1 ', '1\n', '+1', '-', '--1', '.5', '5.', '.', '1e3', '1E-3', '0x10', '1,5', '1_000'])(
    'refuses %j, which is no plain decimal',
    (text) => expect(problemOf(text)).toBe('NOT_A_DECIMAL'),
  );

  it.each(['NaN', 'Infinity', '-Infinity', 'null', '١٢', '１２', '1.2.3', '1.-2', '1\u0000'])(
    'refuses %j, which is no number of plain digits',
    (text) => expect(problemOf(text)).toBe('NOT_A_DECIMAL'),
  );

  it('refuses more fraction digits than the scale, zeros as well, and never rounds', () => {
    expect(problemOf('0.0000001')).toBe('TOO_MANY_FRACTION_DIGITS');
    expect(problemOf('1.0000000')).toBe('TOO_MANY_FRACTION_DIGITS');
    expect(problemOf('1.0', { precision: 5, scale: 0 })).toBe('TOO_MANY_FRACTION_DIGITS');
  });

  it('refuses one digit more before the point than fits, but not leading zeros', () => {
    expect(problemOf(`9${MAX_SIZE}`, SIZE)).toBe('TOO_MANY_DIGITS');
    expect(problemOf(`-1${'0'.repeat(30)}`, SIZE)).toBe('TOO_MANY_DIGITS');
    expect(problemOf(`${'0'.repeat(100)}1`, SIZE)).toBe('none');
    expect(problemOf('1', { precision: 5, scale: 5 })).toBe('TOO_MANY_DIGITS');
  });

  it('names the value and the limit, and cuts a value of a megabyte', () => {
    expect(() => parseDecimal('1.23456789', PRICE)).toThrow('"1.23456789" has 8 fraction digits, the scale is 6');
    expect(() => parseDecimal('x'.repeat(1_000_000), PRICE)).toThrow(/^.{1,200}$/);
  });
});

describe('formatting a decimal', () => {
  it.each([
    [0n, 6, '0.000000'],
    [-1n, 6, '-0.000001'],
    [1n, 8, '0.00000001'],
    [-12_500_000n, 6, '-12.500000'],
    [999_999n, 6, '0.999999'],
    [1_000_000n, 6, '1.000000'],
    [-7n, 0, '-7'],
    [10n ** 38n - 1n, 8, MAX_SIZE],
  ])('writes %s with scale %i as %s', (unscaled, scale, text) => {
    expect(formatDecimal(unscaled, scale)).toBe(text);
  });
});

describe("a decimal's bytes", () => {
  it.each([
    [0n, [0x00]],
    [1n, [0x01]],
    [-1n, [0xff]],
    [127n, [0x7f]],
    [128n, [0x00, 0x80]],
    [255n, [0x00, 0xff]],
    [256n, [0x01, 0x00]],
    [-128n, [0x80]],
    [-129n, [0xff, 0x7f]],
    [-256n, [0xff, 0x00]],
    [32_767n, [0x7f, 0xff]],
    [32_768n, [0x00, 0x80, 0x00]],
    [-32_768n, [0x80, 0x00]],
    [-32_769n, [0xff, 0x7f, 0xff]],
  ])('of %s are the shortest two’s complement', (value, bytes) => {
    expect([...toTwosComplement(value)]).toEqual(bytes);
    expect(unscaledOf(Buffer.from(bytes))).toBe(value);
  });

  it('are right on both sides of every byte boundary up to 20 bytes', () => {
    for (let bits = 7n; bits <= 159n; bits += 1n) {
      for (const near of [-2n, -1n, 0n, 1n, 2n]) {
        for (const value of [(1n << bits) + near, -(1n << bits) + near]) {
          expect([...toTwosComplement(value)]).toEqual(referenceBytes(value));
          expect(unscaledOf(toTwosComplement(value))).toBe(value);
        }
      }
    }
  });

  it('are at most 16 for 38 digits, as a Java BigDecimal has them', () => {
    // new BigInteger("9".repeat(38)).toByteArray()
    expect(toTwosComplement(10n ** 38n - 1n).toString('hex')).toBe('4b3b4ca85a86c47a098a223fffffffff');
    expect(toTwosComplement(-(10n ** 38n - 1n)).toString('hex')).toBe('b4c4b357a5793b85f675ddc000000001');
  });

  it.each([
    ['00', 0n],
    ['0000000000000000', 0n],
    ['ffff', -1n],
    ['ffffffffffffffffffffffffffffffffffffffff80', -128n],
    ['00000000000000000000000000000000000000007f', 127n],
    ['0000000000000000000000000000000000000000ff', 255n],
  ])('may be longer than needed when read: %s', (hex, value) => {
    const bytes = Buffer.from(hex, 'hex');
    expect(unscaledOf(bytes)).toBe(value);
    expect(decodeDecimal(bytes, 6)).toBe(referenceText(value, 6));
  });

  it('are refused when there are none', () => {
    expect(() => decodeDecimal(Buffer.alloc(0), 6)).toThrow(DecimalError);
  });
});

describe('text and bytes', () => {
  it('equals the reference for 20,000 random values of any length and scale', () => {
    const random = seededRandom(20_260_101);
    for (let round = 0; round < 20_000; round += 1) {
      const scale = random.int(13);
      const unscaled = random.bigint(38);
      const text = referenceText(unscaled, scale);
      const bytes = toTwosComplement(parseDecimal(text, { precision: 38, scale }));
      expect([...bytes], text).toEqual(referenceBytes(unscaled));
      expect(decodeDecimal(bytes, scale), text).toBe(text);
      expect(parseDecimal(text, { precision: 38, scale })).toBe(unscaled);
      expect(formatDecimal(unscaled, scale)).toBe(text);
    }
  });

  it('writes a negative zero as zero', () => {
    expect([...toTwosComplement(parseDecimal('-0.000000', PRICE))]).toEqual([0]);
    expect([...toTwosComplement(parseDecimal('-0', PRICE))]).toEqual([0]);
  });
});
