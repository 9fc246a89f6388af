import type { AvroRecord } from '../../schemas/avro-schema.ts';

/** A good update of the positions schema, numbered, for a position of its own; what a test is about is given. */
export function goodRecord(number: number, changes: AvroRecord = {}): AvroRecord {
  return {
    position_account: `Position${number}`,
    position_index: number,
    owner: 'Owner1',
    signature: `Signature${number}`,
    slot: 250_000_000n + BigInt(number),
    block_time: new Date('2026-01-01T00:00:00.123Z'),
    symbol: 'BTC-USD',
    side: 'Long',
    size: '1.00000001',
    entry_price: '50000.000001',
    mark_price: '50001.000000',
    margin: '1000.000000',
    leverage: 50,
    unrealized_pnl: '-0.000001',
    realized_pnl: '0.000000',
    funding_accrued: '0.000000',
    liquidation_price: '49000.000000',
    status: 'Open',
    event_type: 'OPENED',
    ...changes,
  };
}
