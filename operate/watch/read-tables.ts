import type { PostgresClient } from '../../core/postgres.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import { quoteIdentifier } from '../canonical.ts';

export interface SeenTables {
  /** False while the server is a standby or read-only. */
  readonly isWritable: boolean;
  /** The highest slot among the rows that were written last. */
  readonly slots: ReadonlyMap<StreamDefinition, bigint>;
}

/** So many rows, the last by their ids, are asked for their slot: no index has the highest of all. */
const NEWEST_ROWS = 200;

/** Only our own login is kept from writing, and that is as it should be. */
const OF_OWN_ROLE = `SELECT FROM pg_db_role_setting WHERE setrole = to_regrole(quote_ident(session_user))
  AND 'default_transaction_read_only' = ANY (SELECT split_part(setting, '=', 1) FROM unnest(setconfig) AS setting)`;

/** Whether PostgreSQL takes writes, and how far the tables are. Tables of one's own need not tell. */
export async function readTables(client: PostgresClient, streams: readonly StreamDefinition[]): Promise<SeenTables> {
  const { rows } = await client.query<{ writable: boolean }>(
    `SELECT NOT pg_is_in_recovery() AND NOT (reset_val::boolean AND NOT EXISTS (${OF_OWN_ROLE})) AS writable
       FROM pg_settings WHERE name = 'default_transaction_read_only'`,
  );
  const slots = await newestSlots(client, streams).catch((error: unknown) => {
    if (!isLacking(error)) throw error;
    return slotsOneByOne(client, streams);
  });
  return { isWritable: rows[0]?.writable !== false, slots };
}

async function newestSlots(
  client: PostgresClient,
  streams: readonly StreamDefinition[],
): Promise<Map<StreamDefinition, bigint>> {
  const questions = streams.map(newestSlot).filter((question) => question !== undefined);
  if (questions.length === 0) return new Map();
  const { rows } = await client.query<{ stream: number; slot: string | null }>(questions.join('\nUNION ALL\n'));
  const slots = new Map(rows.map(({ stream, slot }) => [stream, slot]));
  return new Map(
    streams.flatMap((stream, index) => {
      const slot = slots.get(index) ?? null;
      return slot === null ? [] : [[stream, BigInt(slot)]];
    }),
  );
}

/** One table that is not there would fail the question about all. */
async function slotsOneByOne(
  client: PostgresClient,
  streams: readonly StreamDefinition[],
): Promise<Map<StreamDefinition, bigint>> {
  const slots: [StreamDefinition, bigint][] = [];
  for (const stream of streams) {
    const found = await newestSlots(client, [stream]).catch((error: unknown) => {
      if (!isLacking(error)) throw error;
      return new Map<StreamDefinition, bigint>();
    });
    slots.push(...found);
  }
  return new Map(slots);
}

function newestSlot({ table }: StreamDefinition, index: number): string | undefined {
  if (table.current === undefined) return undefined;
  const order = quoteIdentifier(table.current.order);
  return `SELECT ${index} AS stream, max(newest.${order})::text AS slot
    FROM (SELECT ${order} FROM ${quoteIdentifier(table.name)} ORDER BY id DESC LIMIT ${NEWEST_ROWS}) AS newest`;
}

/** Class 42: the table, the column or the right to read it is not there; that a row says. */
const isLacking = (error: unknown): boolean => /^42/.test(String((error as { code?: unknown }).code));
