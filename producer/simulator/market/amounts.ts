import type { Market } from './markets.ts';

/** Size (10^-8) × price (10^-6) carries 14 digits; a lot times a tick always leaves the last 8 of them zero. */
const SIZE_UNIT = 100_000_000n;
const BPS = 10_000n;
/** Funding index (10^-15) × size (10^-8) down to 10^-6. */
const FUNDING_UNIT = 10n ** 17n;

export type Side = 'Long' | 'Short';

/** +1 for a long, which gains when the price rises; −1 for a short. */
export const direction = (side: Side): bigint => (side === 'Long' ? 1n : -1n);

/** size × price, exact in 10^-6 USD because both stand on the market's grid. */
export const notional = (size: bigint, price: bigint): bigint => (size * price) / SIZE_UNIT;

/** size × (mark − entry) for a long, its negation for a short. Exact in 10^-6 USD. */
export const profit = (side: Side, size: bigint, entry: bigint, mark: bigint): bigint =>
  direction(side) * notional(size, mark - entry);

/** Initial margin: notional at entry ÷ leverage, rounded up to 10^-6 USD, as a venue asks for at least its due. */
export const marginOf = (size: bigint, entry: bigint, leverage: number): bigint =>
  ceilDivide(notional(size, entry), BigInt(leverage));

/**
 * The mark price at which the maintenance margin is all that is left of the margin:
 * entry × (1 − 1/leverage + maintenance) for a long, entry × (1 + 1/leverage − maintenance) for a short.
 * Rounded to a tick towards the entry price, so never later than due. Funding is not part of it.
 */
export function liquidationPriceOf(market: Market, side: Side, entry: bigint, leverage: number): bigint {
  const times = BigInt(leverage);
  const cushion = direction(side) * (BPS - market.maintenanceBps * times);
  const numerator = entry * (BPS * times - cushion);
  const denominator = BPS * times * market.tick;
  return market.tick * (side === 'Long' ? ceilDivide(numerator, denominator) : numerator / denominator);
}

/** Whether `mark` has reached this liquidation price. */
export const isCrossed = (side: Side, liquidationPrice: bigint, mark: bigint): boolean =>
  side === 'Long' ? mark <= liquidationPrice : mark >= liquidationPrice;

/**
 * The average entry price of two parts, rounded down to a tick so that it stays on the grid, and the exact
 * difference in cost that the rounding makes: what the grid price claims minus what was paid, never positive.
 */
export function averageEntry(
  market: Market,
  held: { size: bigint; price: bigint },
  added: { size: bigint; price: bigint },
): { price: bigint; remainder: bigint } {
  const size = held.size + added.size;
  const cost = held.size * held.price + added.size * added.price;
  const price = (cost / (size * market.tick)) * market.tick;
  return { price, remainder: (size * price - cost) / SIZE_UNIT };
}

/** Funding a position received (positive) or paid since its index was `from`, rounded towards zero to 10^-6 USD. */
export const fundingBetween = (side: Side, size: bigint, from: bigint, to: bigint): bigint =>
  (-direction(side) * size * (to - from)) / FUNDING_UNIT;

/** The largest size in whole lots whose notional at `price` does not exceed `budget` (10^-6 USD); at least one lot. */
export function affordableSize(market: Market, price: bigint, budget: bigint): bigint {
  const lots = (budget * SIZE_UNIT) / (price * market.lot);
  return (lots > 0n ? lots : 1n) * market.lot;
}

/** Division rounded up, for a positive divisor and a dividend that is not negative. */
const ceilDivide = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor;
