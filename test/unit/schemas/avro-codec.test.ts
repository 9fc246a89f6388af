import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createAvroType } from '../../../schemas/avro-codec.ts';
import { loadAvroSchema } from '../../../schemas/avro-schema.ts';

const type = createAvroType(loadAvroSchema(resolve(import.meta.dirname, '../../../schemas/position-update.avsc')).raw);
const record = {
  position_account: 'A',
  position_index: 0,
  owner: 'B',
  signature: 'C',
  slot: 2n ** 63n - 1n,
  block_time: new Date('2026-01-01T00:00:00.123Z'),
  symbol: 'BTC-USD',
  side: 'Long',
  size: '999999999999999999999999999999.99999999',
  entry_price: '0.000000',
  mark_price: '-0.000001',
  margin: '128.000000',
  leverage: 32767,
  unrealized_pnl: '-99999999999999999999999999999999.999999',
  realized_pnl: '1.280000',
  funding_accrued: '-1.290000',
  liquidation_price: '2.550000',
  status: 'Open',
  event_type: 'OPENED',
};

describe('the Avro codec', () => {
  it('returns every value of a record as it was, to the last of 38 digits', () => {
    expect(type.fromBuffer(type.toBuffer(record))).toEqual(record);
  });
});
