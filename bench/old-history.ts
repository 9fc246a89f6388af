import { setTimeout as sleep } from 'node:timers/promises';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../core/postgres.ts';
import type { createStatements } from '../operate/sink-statements.ts';
import type { AvroRecord } from '../schemas/avro-schema.ts';

export const POSITIONS = 20_000;
export const DAYS = 30;
const FIRST_DAY = Date.UTC(2026, 0, 1);

/** Two writers, as two tasks of a sink: each commits so many updates, so often. */
export const TASKS = 2;
export const UPDATES = 100;
export const EVERY_MS = 100;

export const rowsPerDay = (rows: number): number => Math.round(rows / DAYS);

/** Each position a few times a day, in the order of time; a quarter of them ended in the first ten days. */
export async function fillHistory(database: PostgresConnection, rows: number): Promise<void> {
  const perDay = rowsPerDay(rows);
  await withPostgres(database, async (client) => {
    for (let day = 0; day < DAYS; day += 1) {
      const from = day * perDay;
      await client.query(`
        INSERT INTO positions (position_account, position_index, owner, signature, slot, block_time, symbol, side, size, entry_price,
          mark_price, margin, leverage, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type,
          ordinal, kafka_partition, kafka_offset)
        SELECT 'position-' || lpad(n::text, 35, '0'), 0, 'owner-' || n / 4, encode(sha256(i::text::bytea), 'hex'), i,
          timestamp '2026-01-${String(day + 1).padStart(2, '0')}' + (i - ${from}) * interval '1 day' / ${perDay},
          'BTC-USD', 'Long', 1, 60000, 60000 + i % 1000, 1000, 10, i % 100, 0, 0, 54000, 'Open', 'PNL_UPDATE', 0, n % ${TASKS}, i
        FROM generate_series(${from}::bigint, ${from + perDay - 1}) AS i
        CROSS JOIN LATERAL (SELECT i * 7919 % ${POSITIONS} AS any_position) AS a
        CROSS JOIN LATERAL (SELECT CASE WHEN ${day} > 9 AND any_position % 4 = 0 THEN any_position + 1 ELSE any_position END AS n) AS b`);
    }
    await client.query('VACUUM (ANALYZE)');
  });
}

/** An update of today for one of the task's positions that have not ended. */
function update(task: number, number: number): AvroRecord {
  const some = number * 7919;
  const n = task === 0 ? 2 + 4 * (some % (POSITIONS / 4)) : 1 + 2 * (some % (POSITIONS / 2));
  return {
    position_account: `position-${String(n).padStart(35, '0')}`,
    position_index: 0,
    owner: `owner-${Math.floor(n / 4)}`,
    signature: `new-${task}-${number}`.padEnd(64, '0'),
    slot: BigInt(number),
    block_time: new Date(FIRST_DAY + DAYS * 86_400_000),
    symbol: 'BTC-USD',
    side: 'Long',
    size: '1.00000000',
    entry_price: '60000.000000',
    mark_price: `${60_000 + (number % 1_000)}.000000`,
    margin: '1000.000000',
    leverage: 10,
    unrealized_pnl: `${number % 100}.000000`,
    realized_pnl: '0.000000',
    funding_accrued: '0.000000',
    liquidation_price: '54000.000000',
    status: 'Open',
    event_type: 'PNL_UPDATE',
    ordinal: 0,
    bank_id: null,
  };
}

interface Writer {
  readonly task: number;
  /** The number of the last update before its own. */
  readonly after: number;
  readonly statementOf: ReturnType<typeof createStatements>;
  readonly signal: AbortSignal;
}

/** Writes updates of today until the signal; returns how many milliseconds each transaction took. */
export async function writeUpdates(
  client: PostgresClient,
  { task, after, statementOf, signal }: Writer,
): Promise<number[]> {
  const took: number[] = [];
  let next = after;
  while (!signal.aborted) {
    const rows = Array.from({ length: UPDATES }, () => {
      next += 1;
      return { partition: task, offset: BigInt(next), values: update(task, next) };
    });
    const began = performance.now();
    await client.query('BEGIN');
    await client.query(statementOf(rows));
    await client.query('COMMIT');
    const ms = performance.now() - began;
    took.push(ms);
    await sleep(Math.max(0, EVERY_MS - ms));
  }
  return took;
}
