import { isLiquidatable, type MarketPosition } from './market-position.ts';
import type { MarketPrice } from './prices.ts';

/** One market's price and its live positions. */
export class MarketBook {
  readonly price: MarketPrice;
  readonly positions: MarketPosition[];
  // No long has a higher liquidation price than the first, no short a lower one than the second: while the mark is
  // between them nothing needs to be looked at. They may be too careful, never too late.
  #highestLong: bigint;
  #lowestShort: bigint | undefined;

  constructor(price: MarketPrice, positions: MarketPosition[] = [], highestLong = 0n, lowestShort?: bigint) {
    this.price = price;
    this.positions = positions;
    this.#highestLong = highestLong;
    this.#lowestShort = lowestShort;
  }

  add(position: MarketPosition): void {
    this.positions.push(position);
  }

  remove(position: MarketPosition): void {
    const at = this.positions.indexOf(position);
    const last = this.positions.pop();
    if (last !== undefined && last !== position) this.positions[at] = last;
  }

  /** To be called when a position's liquidation price has changed or begins to count. */
  watch({ side, liquidationPrice }: MarketPosition): void {
    if (side === 'Long') {
      if (liquidationPrice > this.#highestLong) this.#highestLong = liquidationPrice;
    } else if (this.#lowestShort === undefined || liquidationPrice < this.#lowestShort) {
      this.#lowestShort = liquidationPrice;
    }
  }

  /** The positions whose liquidation price the mark has reached. */
  crossed(): MarketPosition[] {
    const { mark } = this.price;
    if (mark > this.#highestLong && (this.#lowestShort === undefined || mark < this.#lowestShort)) return [];
    const crossed: MarketPosition[] = [];
    this.#highestLong = 0n;
    this.#lowestShort = undefined;
    for (const position of this.positions) {
      if (isLiquidatable(position, mark)) crossed.push(position);
      // The crossed ones too: they may have to wait for the next slot.
      if (position.status !== 'Opening') this.watch(position);
    }
    return crossed;
  }

  /** A book that goes on from here by itself; `copies` receives which position became which. */
  clone(copies: Map<MarketPosition, MarketPosition>): MarketBook {
    const positions = this.positions.map((position) => {
      const copy = { ...position };
      copies.set(position, copy);
      return copy;
    });
    return new MarketBook({ ...this.price }, positions, this.#highestLong, this.#lowestShort);
  }
}
