import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../core/errors.ts';
import { type PostgresConnection, withPostgres } from '../core/postgres.ts';

/** How fast rows came into a table once they came. */
export interface Arrival {
  readonly rowsPerSecond: number;
  /** The time from the first rows to the last. */
  readonly seconds: number;
}

export interface ArrivalOptions {
  readonly database: PostgresConnection;
  readonly rows: number;
  readonly timeoutMs?: number;
  /** Throws when the writer has failed, so that nobody waits for rows that will not come. */
  readonly check?: () => Promise<void>;
  /** Rows so far, about every second. */
  readonly onRows?: (rows: number) => void;
}

/** Asking a sequence reads one row, whatever the size of the table. */
const POLL_MS = 25;
const CHECK_MS = 1_000;

/**
 * Waits until a table that was empty holds `rows` rows. The clock starts with the first of them: what a connector needs to
 * start is told elsewhere. Errors: TIMEOUT, INTERNAL when the table holds another number of rows in the end.
 */
export async function awaitRows(options: ArrivalOptions): Promise<Arrival> {
  const { database, rows, timeoutMs = 600_000 } = options;
  return withPostgres(database, async (client) => {
    const ids = async (): Promise<number> => {
      const result = await client.query<{ n: string | null }>(
        'SELECT CASE WHEN is_called THEN last_value END AS n FROM positions_id_seq',
      );
      return Number(result.rows[0]?.n ?? 0);
    };
    const deadline = Date.now() + timeoutMs;
    let first: { readonly at: number; readonly rows: number } | undefined;
    let checkedAt = Date.now();
    for (;;) {
      const count = await ids();
      const now = performance.now();
      if (first === undefined && count > 0) first = { at: now, rows: count };
      // Ids are drawn before their rows are committed, so the last word is the table's own.
      if (first !== undefined && count >= rows && (await rowsInTable(client)) === rows) {
        const seconds = (performance.now() - first.at) / 1_000;
        return { rowsPerSecond: (rows - first.rows) / seconds, seconds };
      }
      if (Date.now() > deadline)
        throw new ConnectError('TIMEOUT', `${count} of ${rows} rows arrived within ${timeoutMs / 1_000} s`);
      if (Date.now() - checkedAt > CHECK_MS) {
        checkedAt = Date.now();
        options.onRows?.(count);
        await options.check?.();
      }
      await sleep(POLL_MS);
    }
  });
}

async function rowsInTable(client: { query: (sql: string) => Promise<{ rows: unknown[] }> }): Promise<number> {
  const { rows } = await client.query('SELECT count(*)::int AS n FROM positions');
  return (rows[0] as { n: number }).n;
}
