import type { AvroField } from '../../../schemas/avro-schema.ts';
import { formatDecimal } from '../../../schemas/decimal.ts';
import { MONEY_SCALE } from '../market/markets.ts';
import { readerOf, TIME_WORDS, wordsOf } from './meaning.ts';
import type { Draw, ValueContext } from './value-context.ts';

const meaningOf = readerOf({
  price: 'price px mark entry exit strike vwap open high low close bid ask spot oracle',
  size: 'size qty quantity volume filled remaining lot contract position',
  fee: 'fee commission rebate gas',
  leverage: 'leverage multiplier',
  rate: 'rate apr apy',
  ratio: 'ratio share weight fraction probability utilization',
  percent: 'percent pct percentage',
  bps: 'bps bp',
  gain: 'pnl profit loss funding payment delta change',
  amount: 'amount value notional margin collateral balance cost total equity tvl usd proceeds',
  count: 'count number trade fill level depth',
  sequence: 'sequence seq nonce index ordinal id order',
  time: TIME_WORDS,
  slot: 'slot block height',
});
type Meaning = NonNullable<ReturnType<typeof meaningOf>>;

/** From, to, and digits behind the point. */
const RANGES: Partial<Record<Meaning, readonly [from: number, to: number, digits: number]>> = {
  size: [0.01, 25, 3],
  fee: [0.001, 5, 4],
  leverage: [1, 20, 0],
  rate: [-0.0005, 0.0005, 6],
  ratio: [0, 1, 4],
  percent: [0, 100, 2],
  bps: [1, 50, 0],
  gain: [-2_500, 2_500, 2],
  amount: [10, 10_000, 2],
  count: [1, 20, 0],
};
/** A price is at most this far from the market's, in percent. */
const SPREAD = 2;
/** Digits of a floating-point number that are drawn. */
const DOUBLE_SCALE = 6;
/** Milliseconds to the unit that ends a name; without one it is milliseconds. */
const UNITS: Readonly<Record<string, (ms: bigint) => bigint>> = {
  s: (ms) => ms / 1_000n,
  sec: (ms) => ms / 1_000n,
  seconds: (ms) => ms / 1_000n,
  us: (ms) => ms * 1_000n,
  micros: (ms) => ms * 1_000n,
  ns: (ms) => ms * 1_000_000n,
  nanos: (ms) => ms * 1_000_000n,
};

/** Numbers that look like what the field's name says, within its limits; undefined for a name that says nothing. */
export function likelyNumber(field: AvroField): Draw | undefined {
  const meaning = meaningOf(field.name);
  if (meaning === undefined) return undefined;
  switch (field.kind) {
    case 'decimal': {
      const { precision = 1, scale = 0 } = field;
      const most = 10n ** BigInt(precision) - 1n;
      const draw = scaledDraw(meaning, scale, -most, most);
      return draw && ((context) => formatDecimal(draw(context), scale));
    }
    case 'double': {
      const draw = scaledDraw(meaning, DOUBLE_SCALE, -(2n ** 52n), 2n ** 52n);
      return draw && ((context) => Number(formatDecimal(draw(context), DOUBLE_SCALE)));
    }
    case 'int': {
      const draw = wholeDraw(meaning, field, 2n ** 31n - 1n);
      return draw && ((context) => Number(draw(context)));
    }
    case 'long':
      return wholeDraw(meaning, field, 2n ** 63n - 1n);
    default:
      return undefined;
  }
}

type WholeDraw = (context: ValueContext) => bigint;

/** Whole numbers, from 0 on when the schema gives no least, because the wire may be unsigned. */
function wholeDraw(meaning: Meaning, field: AvroField, widest: bigint): WholeDraw | undefined {
  const { minimum = 0n, maximum = widest } = field;
  const within = (value: bigint) => (value < minimum ? minimum : value > maximum ? maximum : value);
  switch (meaning) {
    case 'slot':
      return ({ slot }) => within(slot.slot);
    case 'sequence':
      return ({ number }) => minimum + (BigInt(number) % (maximum - minimum + 1n));
    case 'time': {
      const inMilliseconds = BigInt(Date.UTC(2100, 0)) > maximum ? UNITS.s : UNITS[wordsOf(field.name).at(-1) ?? ''];
      return ({ slot }) => {
        const ms = BigInt(slot.blockTime.getTime());
        return within(inMilliseconds?.(ms) ?? ms);
      };
    }
    default: {
      // A part of one is sent in the smallest unit that it has here: 0.0123 as 123.
      const [, to = 2, digits = 0] = RANGES[meaning] ?? [];
      return scaledDraw(meaning, to <= 1 ? digits : 0, minimum, maximum);
    }
  }
}

/** Numbers in units of 10^-scale: from the part of the range that lies within the bounds, or a bound. */
function scaledDraw(meaning: Meaning, scale: number, least: bigint, most: bigint): WholeDraw | undefined {
  const within = (value: bigint) => (value < least ? least : value > most ? most : value);
  if (meaning === 'price') return (context) => within(price(context, scale));
  const range = RANGES[meaning];
  if (range === undefined) return undefined;
  const digits = Math.min(range[2], scale);
  const unit = 10n ** BigInt(scale - digits);
  const from = BigInt(Math.ceil(range[0] * 10 ** digits));
  const to = BigInt(Math.floor(range[1] * 10 ** digits));
  const low = max(from, least / unit);
  const high = max(low, min(to, most / unit));
  return ({ random }) => within((low + BigInt(random.below(Number(high - low) + 1))) * unit);
}

/** Near the price of the update's market, and never 0. */
function price({ market, random }: ValueContext, scale: number): bigint {
  const width = Math.floor((market.startTicks * SPREAD) / 100);
  const ticks = market.startTicks - width + random.below(2 * width + 1);
  const units = BigInt(ticks) * market.tick;
  const scaled =
    scale >= MONEY_SCALE ? units * 10n ** BigInt(scale - MONEY_SCALE) : units / 10n ** BigInt(MONEY_SCALE - scale);
  return scaled === 0n ? 1n : scaled;
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
