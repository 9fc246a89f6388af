import { formatDecimal } from '../../../schemas/decimal.ts';
import type { Random } from '../prng.ts';
import { type Market, MONEY_SCALE } from './markets.ts';

const MILLION = 1_000_000;
/** How strongly the mark is drawn back to where it started, in millionths of the distance: long runs stay in sight of it. */
const REVERSION_PPM = 2;
const JUMP_ONE_IN = 400;
const JUMP_FACTOR = 12;
const RATE_CHANGE_ONE_IN = 200;

/** The mark price and the funding of one market at one moment. */
export interface MarketPrice {
  readonly market: Market;
  /** The mark price in ticks: a random walk on whole numbers. */
  ticks: number;
  /** The mark price in 10^-6 USD, and as text. */
  mark: bigint;
  markText: string;
  /** What a long of one whole unit has paid in funding since the start, in 10^-15 USD; negative when shorts pay. */
  fundingIndex: bigint;
  /** Funding a slot, in 10^-9 of the mark price; positive: longs pay shorts. */
  fundingRate: number;
  /** The slot up to which the funding index holds; undefined before the first move. */
  fundedTo: number | undefined;
}

/** A market at its start price. */
export function startPrice(market: Market): MarketPrice {
  const price = { market, ticks: 0, mark: 0n, markText: '', fundingIndex: 0n, fundingRate: 3, fundedTo: undefined };
  return setTicks(price, market.startTicks);
}

/** Moves the mark price one step and brings the funding index up to `slot`. */
export function movePrice(price: MarketPrice, random: Random, slot: number): void {
  if (slot !== price.fundedTo) {
    price.fundingIndex += price.mark * BigInt(price.fundingRate * (slot - (price.fundedTo ?? slot)));
    price.fundedTo = slot;
  }
  if (random.oneIn(RATE_CHANGE_ONE_IN)) price.fundingRate = random.below(61) - 25;
  const { startTicks, volatilityPpm } = price.market;
  const jump = random.oneIn(JUMP_ONE_IN) ? JUMP_FACTOR : 1;
  // The sum of two uniform draws: small moves are likelier than wide ones.
  const movePpm = jump * (random.below(volatilityPpm + 1) + random.below(volatilityPpm + 1) - volatilityPpm);
  const step = Math.round((price.ticks * movePpm - (price.ticks - startTicks) * REVERSION_PPM) / MILLION);
  // A tenth of the start price is a floor that keeps every price positive.
  setTicks(price, Math.max(price.ticks + step, Math.ceil(startTicks / 10)));
}

function setTicks(price: MarketPrice, ticks: number): MarketPrice {
  if (ticks !== price.ticks) {
    price.ticks = ticks;
    price.mark = BigInt(ticks) * price.market.tick;
    price.markText = formatDecimal(price.mark, MONEY_SCALE);
  }
  return price;
}
