/** Digits behind the point: sizes have 8, prices and every other amount 6. */
export const SIZE_SCALE = 8;
export const MONEY_SCALE = 6;

/** What one market trades, in unscaled integers: prices in 10^-6 USD, sizes in 10^-8 of the base asset. */
export interface Market {
  readonly symbol: string;
  /** Prices are multiples of this. */
  readonly tick: bigint;
  /** Sizes are multiples of this. */
  readonly lot: bigint;
  /** The mark price at the start, in ticks. */
  readonly startTicks: number;
  /** The widest ordinary move of the mark price, in millionths. */
  readonly volatilityPpm: number;
  /** Margin a position must keep, in 1/10,000 of its notional at entry; under 100, so that leverage 100 can be opened. */
  readonly maintenanceBps: bigint;
}

/**
 * Every lot times its tick is a whole number of 10^-6 USD, so size × price difference is exact in six digits and
 * nothing is ever rounded. KBTC-USD (contracts of 1,000 BTC) is there for sizes that use all eight digits.
 */
export const MARKETS: readonly Market[] = [
  { symbol: 'BTC-USD', startTicks: 97_250, tick: 1_000_000n, lot: 100n, volatilityPpm: 260, maintenanceBps: 50n },
  { symbol: 'ETH-USD', startTicks: 34_125, tick: 100_000n, lot: 1_000n, volatilityPpm: 320, maintenanceBps: 50n },
  { symbol: 'SOL-USD', startTicks: 18_642, tick: 10_000n, lot: 10_000n, volatilityPpm: 420, maintenanceBps: 60n },
  { symbol: 'JUP-USD', startTicks: 8_421, tick: 100n, lot: 1_000_000n, volatilityPpm: 600, maintenanceBps: 75n },
  { symbol: 'DOGE-USD', startTicks: 32_418, tick: 10n, lot: 10_000_000n, volatilityPpm: 520, maintenanceBps: 75n },
  { symbol: '1000BONK-USD', startTicks: 27_123, tick: 1n, lot: 100_000_000n, volatilityPpm: 700, maintenanceBps: 75n },
  { symbol: 'KBTC-USD', startTicks: 972_500, tick: 100_000_000n, lot: 1n, volatilityPpm: 260, maintenanceBps: 50n },
];
