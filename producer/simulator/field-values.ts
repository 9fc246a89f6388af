import type { AvroField, AvroValue } from '../../schemas/avro-schema.ts';
import { formatDecimal } from '../../schemas/decimal.ts';
import { base58Digits } from './base58.ts';
import { likelyNumber } from './likely/numbers.ts';
import { likelyText } from './likely/texts.ts';
import type { Draw } from './likely/value-context.ts';
import { Random } from './prng.ts';
import { textualOf } from './textual-values.ts';

/** Different texts in a field, so that owners and the like come back. */
const POOL = 200;
const LONGEST_TEXT = 64;
const NULL_ONE_IN = 8;
/** One decimal in so many uses every digit it may have. */
const EXTREME_ONE_IN = 50;
const SMALL = 10_000;
const INT_MAX = 2n ** 31n - 1n;
const LONG_MAX = 2n ** 63n - 1n;
const POOLS = 0x0f01;

/** A field named so carries the slot itself. */
const SLOT_FIELD = 'slot';

/** Values that fit every limit of a field and look like what its name says. `number` keeps the fields' texts apart. */
export const likelyDrawerOf = (field: AvroField, number: number, seed: number): Draw =>
  sometimesNull(field, likely(field, number, seed));

/** Values that fit every limit of a field and have no meaning beyond that. */
export const drawerOf = (field: AvroField, number: number, seed: number): Draw =>
  sometimesNull(field, plainDrawerOf(field, number, seed));

/** A list is never null: the wire has no other sign of one than its elements. */
const sometimesNull = ({ nullable, kind }: AvroField, draw: Draw): Draw =>
  nullable && kind !== 'array' ? (context) => (context.random.oneIn(NULL_ONE_IN) ? null : draw(context)) : draw;

function likely(field: AvroField, number: number, seed: number): Draw {
  if (field.kind === 'string' && field.allowed === undefined) return likelyText(field, number, seed);
  const plain = plainDrawerOf(field, number, seed);
  // Of a number whose name says nothing, one in so many may be any; the others can be read in a table.
  const small: Draw = (context) =>
    context.random.oneIn(EXTREME_ONE_IN) ? plain(context) : smallOf(field, context.random);
  if (isWhole(field)) return small;
  return likelyNumber(field) ?? (['int', 'long', 'double'].includes(field.kind) ? small : plain);
}

/** Whether a decimal is sent as a whole number. */
const isWhole = ({ kind, maximum }: AvroField): boolean => kind === 'decimal' && maximum !== undefined;

const bytesOf = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => random.below(256)));

function smallOf({ kind, minimum = 0n, maximum = LONG_MAX }: AvroField, random: Random): AvroValue {
  // A quotient by a power of two is the same on every platform.
  if (kind === 'double') return random.below(8 * SMALL) / 8;
  const whole = minimum + (BigInt(random.below(SMALL)) % (maximum - minimum + 1n));
  if (kind === 'decimal') return String(whole);
  return kind === 'int' ? Number(whole) : whole;
}

function plainDrawerOf(field: AvroField, number: number, seed: number): Draw {
  switch (field.kind) {
    case 'string':
      return textOf(field, number, seed);
    case 'decimal':
      return isWhole(field)
        ? ({ random }) => String(between(random, field, LONG_MAX))
        : ({ random }) => decimal(random, field.precision ?? 1, field.scale ?? 0);
    case 'timestamp-millis':
      return ({ slot }) => slot.blockTime;
    case 'long':
      if (field.name === SLOT_FIELD) return ({ slot }) => slot.slot;
      return ({ random }) => between(random, field, LONG_MAX);
    case 'int':
      return ({ random }) => Number(between(random, field, INT_MAX));
    case 'boolean':
      return ({ random }) => random.oneIn(2);
    case 'double':
      // A quotient by a power of two is the same on every platform.
      return ({ random }) => (random.next() - 2 ** 31) / 2 ** 10;
    case 'bytes':
      return ({ random }) => bytesOf(random, random.below(33));
    case 'array': {
      const item = drawerOf(field.items as AvroField, number, seed);
      // The wire has no null in a list.
      return (context) =>
        Array.from({ length: context.random.below(4) }, () => item(context)).filter((value) => value !== null);
    }
    default:
      return textualOf(field);
  }
}

function textOf({ allowed, minLength = 1, maxLength = LONGEST_TEXT }: AvroField, number: number, seed: number): Draw {
  if (allowed !== undefined) return ({ random }) => random.pick(allowed);
  const longest = Math.max(minLength, Math.min(maxLength, LONGEST_TEXT));
  return ({ random }) => {
    // The same place in the pool is the same text, without the pool being kept.
    const text = Random.of(seed ^ POOLS, number, random.below(POOL));
    return base58Digits(text, minLength + text.below(longest - minLength + 1));
  };
}

function decimal(random: Random, precision: number, scale: number): string {
  const isExtreme = random.oneIn(EXTREME_ONE_IN);
  const digits = isExtreme ? precision : 1 + random.below(Math.min(precision, scale + 6));
  const magnitude = isExtreme ? 10n ** BigInt(precision) - 1n : digitsOf(random, digits);
  return formatDecimal(random.oneIn(2) ? -magnitude : magnitude, scale);
}

function digitsOf(random: Random, count: number): bigint {
  let value = 0n;
  for (let left = count; left > 0; left -= 6) {
    const taken = Math.min(left, 6);
    value = value * 10n ** BigInt(taken) + BigInt(random.below(10 ** taken));
  }
  return value;
}

/** From the least allowed, 0 when none is given because the wire may be unsigned, to the most allowed. */
function between(random: Random, { minimum = 0n, maximum }: AvroField, widest: bigint): bigint {
  const span = (maximum ?? widest) - minimum + 1n;
  const word = (BigInt(random.next()) << 32n) | BigInt(random.next());
  return minimum + (word % span);
}
