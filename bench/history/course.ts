import { ConnectError } from '../../core/errors.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import type { Bench } from '../bench.ts';
import { accountOf, LANES, type StretchCost, writeStretch } from '../long-history.ts';
import { shortNumber } from '../report/plot.ts';
import { spread } from '../statistics.ts';

export const DAYS = 20;
const SAMPLES = 60;
/** The upsert key of one table. */
export const ONE_TABLE_KEY = ['position_account', 'signature'];
/** The upsert key of a table with partitions: its index begins with what grows. */
export const PARTITIONED_KEY = ['slot', ...ONE_TABLE_KEY, 'block_time'];

/** One way to keep a history, and what it cost. */
export interface Course {
  readonly name: string;
  readonly costs: readonly StretchCost[];
  readonly reads: Readonly<Record<string, number>>;
  /** Other figures, by name. */
  readonly more: Readonly<Record<string, number>>;
}

/** Writes a history of so many rows over all days, sample by sample. */
export async function fill(
  bench: Bench,
  database: PostgresConnection,
  name: string,
  rows: number,
  key: readonly string[],
): Promise<StretchCost[]> {
  const costs: StretchCost[] = [];
  const size = Math.ceil(rows / SAMPLES / (1_000 * LANES)) * 1_000 * LANES;
  await withWriters(database, async (clients) => {
    for (let from = 0; from < rows; from += size) {
      const to = Math.min(rows, from + size);
      const cost = await writeStretch(clients, { from, to, rowsPerDay: Math.round(rows / DAYS), key }, bench.signal);
      bench.note(
        `history, ${name}: ${shortNumber(to)} rows, ${shortNumber(cost.rowsPerSecond)} rows/s, ${Math.round(cost.walBytesPerRow)} bytes of log a row`,
      );
      costs.push(cost);
    }
  });
  return costs;
}

/** Uses a connection for each writer. */
export const withWriters = <T>(
  database: PostgresConnection,
  use: (clients: readonly PostgresClient[]) => Promise<T>,
): Promise<T> => withPostgres(database, (first) => withPostgres(database, (second) => use([first, second])));

/** Median times in ms as a client sees them, over positions and owners of different days. */
export async function timeReads(database: PostgresConnection): Promise<Record<string, number>> {
  const queries: Readonly<Record<string, string>> = {
    current_by_owner: `SELECT * FROM current_positions WHERE owner = ${accountOf('o', '$1::int')}`,
    month_by_owner: `SELECT * FROM daily_pnl_snapshots
      WHERE owner = ${accountOf('o', '$1::int')} AND snapshot_day >= '2026-01-01' AND snapshot_day < '2026-02-01'`,
    history_page: `SELECT * FROM positions WHERE position_account = ${accountOf('p', '$1::int * 4')} ORDER BY slot DESC LIMIT 100`,
  };
  return withPostgres(database, async (client) => {
    await client.query('ANALYZE positions, position_days');
    const found: Record<string, number> = {};
    for (const [name, text] of Object.entries(queries)) {
      const times: number[] = [];
      for (let at = -5; at < 100; at += 1) {
        const began = performance.now();
        const { rowCount } = await client.query({ name, text, values: [1_000 + (at + 5) * 37] });
        if (rowCount === 0) throw new ConnectError('INTERNAL', `${name} finds no row`);
        if (at >= 0) times.push(performance.now() - began);
      }
      found[name] = spread(times).median;
    }
    return found;
  });
}
