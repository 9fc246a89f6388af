import type { PostgresClient } from '../core/postgres.ts';

/** Positions that are alive at a time; each day some end and others begin. */
const LIVE = 20_000;
const NEW_EACH_DAY = 1_000;
/** Rows of a commit, as of a sink's poll. */
const BATCH = 1_000;
/** Two writers, as two tasks of a sink. */
export const LANES = 2;
export const FIRST_DAY = Date.UTC(2026, 0, 1);

const COLUMNS = [
  ...['position_account', 'position_index', 'owner', 'signature', 'slot', 'block_time', 'symbol', 'side', 'size'],
  ...['entry_price', 'mark_price', 'margin', 'leverage', 'unrealized_pnl', 'realized_pnl', 'funding_accrued'],
  ...['liquidation_price', 'status', 'event_type', 'ordinal', 'kafka_partition', 'kafka_offset'],
];

/** Where in a history a statement writes. */
export interface Stretch {
  readonly from: number;
  readonly lane: number;
  readonly rowsPerDay: number;
  readonly key: readonly string[];
}

/**
 * One commit of one writer: the upsert of the sink, over rows that the server makes itself, so that only the database is measured. Accounts
 * and signatures are as long and as random as on chain; times rise with the number of the row.
 */
export function upsertOf({ from, lane, rowsPerDay, key }: Stretch): string {
  return `
    INSERT INTO positions (${COLUMNS.join(', ')})
    SELECT ${accountOf('p', 'n')}, 0, ${accountOf('o', 'n / 4')}, translate(encode(sha512(i::text::bytea), 'base64'), E'\\n', ''), i / 400,
      timestamp '2026-01-01' + i * (interval '1 day' / ${rowsPerDay}), (ARRAY['BTC-USD', 'ETH-USD', 'SOL-USD', 'DOGE-USD'])[1 + n % 4],
      (ARRAY['Long', 'Short'])[1 + n % 2], 1 + n % 7, 60000, 60000 + i % 1000, 1000, 10, i % 100, 0, i % 13, 54000,
      CASE WHEN i % 200 = 0 THEN 'Liquidating' ELSE 'Open' END, 'PNL_UPDATE', 0, ${lane}, i
    FROM generate_series(${from}::bigint, ${from + BATCH * LANES - 1}::bigint) AS i
    CROSS JOIN LATERAL (SELECT i / ${rowsPerDay} * ${NEW_EACH_DAY} + i * 7919 % ${LIVE} AS n) AS numbered
    WHERE n % ${LANES} = ${lane}
    ON CONFLICT (${key.join(', ')}) DO UPDATE
    SET ${COLUMNS.filter((name) => !key.includes(name))
      .map((name) => `${name} = EXCLUDED.${name}`)
      .join(', ')}`;
}

/** An account as SQL: 44 characters. */
export const accountOf = (kind: 'p' | 'o', number: string): string =>
  `encode(sha256(('${kind}' || ${number})::bytea), 'base64')`;

/** What one stretch of a history cost. */
export interface StretchCost {
  /** Rows in the table at its end. */
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly walBytesPerRow: number;
}

/** Writes rows `from` to `to` with both writers. */
export async function writeStretch(
  clients: readonly PostgresClient[],
  { from, to, ...stretch }: Omit<Stretch, 'lane'> & { readonly to: number },
  signal: AbortSignal,
): Promise<StretchCost> {
  const [first] = clients as readonly [PostgresClient, ...PostgresClient[]];
  const wal = async () =>
    Number((await first.query<{ at: string }>("SELECT pg_current_wal_insert_lsn() - '0/0' AS at")).rows[0]?.at);
  const before = await wal();
  const began = performance.now();
  await Promise.all(
    clients.map(async (client, lane) => {
      for (let at = from; at < to && !signal.aborted; at += BATCH * LANES)
        await client.query(upsertOf({ ...stretch, from: at, lane }));
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  signal.throwIfAborted();
  return {
    rows: to,
    rowsPerSecond: (to - from) / seconds,
    walBytesPerRow: ((await wal()) - before) / (to - from),
  };
}
