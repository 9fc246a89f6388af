import type { AvroRecord } from '../../../schemas/avro-schema.ts';
import { formatDecimal } from '../../../schemas/decimal.ts';
import type { TimelineSlot } from '../timeline.ts';
import { fundingAccrued, type MarketPosition, unrealizedPnl } from './market-position.ts';
import { MONEY_SCALE } from './markets.ts';
import type { MarketPrice } from './prices.ts';

export type EventType = 'OPENED' | 'MODIFIED' | 'CLOSED' | 'LIQUIDATED' | 'PNL_UPDATE';

/** A position at the current mark price as the topic's schema holds it. */
export function positionRecord(
  { slot, blockTime }: TimelineSlot,
  position: MarketPosition,
  price: MarketPrice,
  event: EventType,
  signature: string,
): AvroRecord {
  const { terms } = position;
  return {
    position_account: position.account,
    position_index: position.index,
    owner: position.owner,
    signature,
    slot,
    block_time: blockTime,
    symbol: price.market.symbol,
    side: position.side,
    size: terms.size,
    entry_price: terms.entry_price,
    mark_price: price.markText,
    margin: terms.margin,
    leverage: position.leverage,
    unrealized_pnl: formatDecimal(unrealizedPnl(position, price), MONEY_SCALE),
    realized_pnl: terms.realized_pnl,
    funding_accrued: formatDecimal(fundingAccrued(position, price), MONEY_SCALE),
    liquidation_price: terms.liquidation_price,
    status: position.status,
    event_type: event,
  };
}
