import { formatDecimal } from '../../../schemas/decimal.ts';
import {
  affordableSize,
  averageEntry,
  direction,
  fundingBetween,
  isCrossed,
  liquidationPriceOf,
  marginOf,
  profit,
  type Side,
} from './amounts.ts';
import { MONEY_SCALE, SIZE_SCALE } from './markets.ts';
import type { MarketPrice } from './prices.ts';

export type PositionStatus = 'Opening' | 'Open' | 'Modifying' | 'Closing' | 'Closed' | 'Liquidating';

/** What an owner has asked for and the venue carries out a few slots later. */
export type Request =
  | { readonly kind: 'open' }
  | { readonly kind: 'increase'; readonly budget: bigint }
  | { readonly kind: 'reduce'; readonly percent: number }
  | { readonly kind: 'leverage'; readonly leverage: number }
  | { readonly kind: 'close' };

/**
 * One position: amounts in unscaled integers (size 10^-8, the rest 10^-6 USD). What depends on the mark price is
 * computed, never stored, so it cannot disagree.
 */
export interface MarketPosition {
  readonly serial: number;
  readonly account: string;
  readonly index: number;
  readonly owner: string;
  readonly side: Side;
  size: bigint;
  entryPrice: bigint;
  leverage: number;
  margin: bigint;
  liquidationPrice: bigint;
  /** Trading profit and loss made final by reductions, the close or the liquidation. Funding is not in it. */
  realizedPnl: bigint;
  /** Funding up to `fundingFrom`, the market's index at the last change of size. */
  fundingBooked: bigint;
  fundingFrom: bigint;
  status: PositionStatus;
  request: Request | undefined;
  /** The slot in which the request is carried out. */
  dueSlot: number;
  /** The slot of its last synthetic signature and how many it has had there. */
  markedSlot: number;
  markedTimes: number;
  /** The amounts above as text; replaced whenever one of them changes. */
  terms: Terms;
}

type Terms = Readonly<Record<'size' | 'entry_price' | 'margin' | 'realized_pnl' | 'liquidation_price', string>>;

type Identity = Pick<MarketPosition, 'serial' | 'account' | 'index' | 'owner' | 'side' | 'leverage'>;

/** A requested position: its size is reserved at the current mark price, which the fill will replace. */
export function requestPosition(identity: Identity, price: MarketPrice, budget: bigint): MarketPosition {
  const position: MarketPosition = {
    ...identity,
    size: affordableSize(price.market, price.mark, budget),
    entryPrice: price.mark,
    margin: 0n,
    liquidationPrice: 0n,
    realizedPnl: 0n,
    fundingBooked: 0n,
    fundingFrom: price.fundingIndex,
    status: 'Opening',
    request: { kind: 'open' },
    dueSlot: 0,
    markedSlot: -1,
    markedTimes: 0,
    terms: NO_TERMS,
  };
  updateTerms(position, price);
  return position;
}

/** Unrealized profit and loss at the current mark price: exact in 10^-6 USD. */
export const unrealizedPnl = (position: MarketPosition, { mark }: MarketPrice): bigint =>
  profit(position.side, position.size, position.entryPrice, mark);

/** Funding received (positive) or paid (negative) since the position was opened, in 10^-6 USD. */
export const fundingAccrued = (
  { fundingBooked, fundingFrom, side, size }: MarketPosition,
  price: MarketPrice,
): bigint => fundingBooked + fundingBetween(side, size, fundingFrom, price.fundingIndex);

/** Carries out the request at the current mark price. The position is `Open` or `Closed` afterwards. */
export function fulfil(position: MarketPosition, price: MarketPrice): void {
  const request = position.request;
  position.request = undefined;
  if (request?.kind === 'close') {
    end(position, price, 'Closed');
    return;
  }
  position.status = 'Open';
  if (request?.kind === 'open') {
    position.entryPrice = price.mark;
    position.fundingFrom = price.fundingIndex;
  } else if (request?.kind === 'increase') increase(position, price, request.budget);
  else if (request?.kind === 'reduce') reduce(position, price, request.percent);
  else if (request?.kind === 'leverage') changeLeverage(position, price, request.leverage);
  updateTerms(position, price);
}

/** Takes the position over at the current mark price: the whole loss becomes realized. */
export function liquidate(position: MarketPosition, price: MarketPrice): void {
  position.request = undefined;
  end(position, price, 'Liquidating');
}

/** Whether the mark price has reached the liquidation price. A position that is not filled yet cannot be liquidated. */
export const isLiquidatable = ({ status, side, liquidationPrice }: MarketPosition, mark: bigint): boolean =>
  status !== 'Opening' && isCrossed(side, liquidationPrice, mark);

/** As venues report it, an ended position has no size, margin or liquidation price; what it made stays. */
function end(position: MarketPosition, price: MarketPrice, status: 'Closed' | 'Liquidating'): void {
  applyFunding(position, price);
  position.realizedPnl += unrealizedPnl(position, price);
  position.size = 0n;
  position.status = status;
  updateTerms(position, price);
}

function increase(position: MarketPosition, price: MarketPrice, budget: bigint): void {
  applyFunding(position, price);
  const added = { size: affordableSize(price.market, price.mark, budget), price: price.mark };
  const average = averageEntry(price.market, { size: position.size, price: position.entryPrice }, added);
  position.size += added.size;
  position.entryPrice = average.price;
  // The tick's rounding is booked here, so that realized + unrealized does not change by a single 10^-6.
  position.realizedPnl += direction(position.side) * average.remainder;
}

function reduce(position: MarketPosition, price: MarketPrice, percent: number): void {
  const { lot } = price.market;
  const cut = ((position.size / lot) * BigInt(percent)) / 100n;
  // A position of a lot or two may have nothing to cut: the request then changes nothing.
  if (cut === 0n) return;
  applyFunding(position, price);
  position.realizedPnl += profit(position.side, cut * lot, position.entryPrice, price.mark);
  position.size -= cut * lot;
}

/** Venues refuse a leverage at which the position would have to be liquidated at once; it then stays as it is. */
function changeLeverage(position: MarketPosition, price: MarketPrice, leverage: number): void {
  const liquidationPrice = liquidationPriceOf(price.market, position.side, position.entryPrice, leverage);
  if (!isCrossed(position.side, liquidationPrice, price.mark)) position.leverage = leverage;
}

function applyFunding(position: MarketPosition, price: MarketPrice): void {
  position.fundingBooked = fundingAccrued(position, price);
  position.fundingFrom = price.fundingIndex;
}

const NO_TERMS: Terms = { size: '', entry_price: '', margin: '', realized_pnl: '', liquidation_price: '' };

function updateTerms(position: MarketPosition, { market }: MarketPrice): void {
  const { size, entryPrice, leverage, side } = position;
  position.margin = marginOf(size, entryPrice, leverage);
  position.liquidationPrice = size === 0n ? 0n : liquidationPriceOf(market, side, entryPrice, leverage);
  position.terms = {
    size: formatDecimal(size, SIZE_SCALE),
    entry_price: formatDecimal(entryPrice, MONEY_SCALE),
    margin: formatDecimal(position.margin, MONEY_SCALE),
    realized_pnl: formatDecimal(position.realizedPnl, MONEY_SCALE),
    liquidation_price: formatDecimal(position.liquidationPrice, MONEY_SCALE),
  };
}
