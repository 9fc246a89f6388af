import { createPool, type PostgresConnection } from '../../core/postgres.ts';
import { quoteIdentifier } from '../../operate/canonical.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';

const EVERY_MS = 1_000;

/** Rows of all tables together that were not there when counting began. */
export interface CountedRows {
  readonly rows: number;
  /** Since the count before. */
  readonly rowsPerSecond: number;
}

/** Counts once a second, and once more when it is closed. */
export async function createRowCounter(
  database: PostgresConnection,
  streams: readonly StreamDefinition[],
  onCounted: (counted: CountedRows) => void,
): Promise<{ close(): Promise<void> }> {
  const pool = createPool(database, 1);
  const totalRows = async (): Promise<number> => {
    const counts = streams.map(({ table }) => `(SELECT count(*) FROM ${quoteIdentifier(table.name)})`);
    const { rows } = await pool.query<{ n: string }>(`SELECT ${counts.join(' + ')} AS n`);
    return Number(rows[0]?.n ?? 0);
  };
  const before = await totalRows();
  let last = { at: Date.now(), rows: 0 };
  const count = async (): Promise<void> => {
    const rows = (await totalRows()) - before;
    const at = Date.now();
    const rowsPerSecond = at > last.at ? ((rows - last.rows) * 1_000) / (at - last.at) : 0;
    last = { at, rows };
    onCounted({ rows, rowsPerSecond });
  };
  let counting = Promise.resolve();
  const timer = setInterval(() => {
    // A slow database must not pile up questions, and one that is gone is reported by whoever writes to it.
    counting = counting.then(count).catch(() => {});
  }, EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      await counting.then(count).catch(() => {});
      await pool.end();
    },
  };
}
