/** A row of `positions` as a record of the topic gives it; timestamps and decimals as text. */
export const POSITION = {
  position_account: 'P1',
  position_index: 0,
  owner: 'alice',
  signature: 's1',
  slot: 100,
  block_time: '2026-01-01 10:00:00.123',
  symbol: 'BTC-USD',
  side: 'Long',
  size: '1.00000000',
  entry_price: '100.000000',
  mark_price: '100.000000',
  margin: '10.000000',
  leverage: 10,
  unrealized_pnl: '0.000000',
  realized_pnl: '0.000000',
  funding_accrued: '0.000000',
  liquidation_price: '91.000000',
  status: 'Open',
  event_type: 'OPENED',
  ordinal: null as number | null,
  bank_id: null as number | null,
  kafka_partition: 0 as number | null,
  kafka_offset: 10 as number | null,
};
export type PositionRow = typeof POSITION;
export const POSITION_COLUMNS = Object.keys(POSITION) as (keyof PositionRow)[];
const KEY: readonly string[] = ['position_account', 'signature'];

/** One statement that writes rows as the sink does: only the record's columns, upsert on the key. */
export function upsert(updates: readonly Partial<PositionRow>[], key = KEY): { text: string; values: unknown[] } {
  const columns = POSITION_COLUMNS;
  const values = updates.flatMap((update) => columns.map((name) => ({ ...POSITION, ...update })[name]));
  const tuples = updates.map((_row, row) => `(${columns.map((_name, at) => `$${row * columns.length + at + 1}`)})`);
  return {
    text: `INSERT INTO positions (${columns}) VALUES ${tuples}
           ON CONFLICT (${key}) DO UPDATE
           SET ${columns.filter((name) => !key.includes(name)).map((name) => `${name} = EXCLUDED.${name}`)}`,
    values,
  };
}
