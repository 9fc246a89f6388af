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

/** Whether PostgreSQL takes writes, and how far the tables are. Tables of one's own need not tell. */
export async function readTables(client: PostgresClient, streams: readonly StreamDefinition[]): Promise<SeenTables> {
  const { rows } = await client.query<{ writable: boolean }>(
    `SELECT NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::boolean AS writable`,
  );
  const slots = new Map<StreamDefinition, bigint>();
  for (const stream of streams) {
    const slot = await newestSlot(client, stream).catch(ifLacking);
    if (slot !== undefined) slots.set(stream, slot);
  }
  return { isWritable: rows[0]?.writable !== false, slots };
}

async function newestSlot(client: PostgresClient, { table }: StreamDefinition): Promise<bigint | undefined> {
  if (table.current === undefined) return undefined;
  const order = quoteIdentifier(table.current.order);
  const { rows } = await client.query<{ slot: string | null }>(
    `SELECT max(newest.${order})::text AS slot
       FROM (SELECT ${order} FROM ${quoteIdentifier(table.name)} ORDER BY id DESC LIMIT ${NEWEST_ROWS}) AS newest`,
  );
  const slot = rows[0]?.slot;
  return slot === null || slot === undefined ? undefined : BigInt(slot);
}

/** Class 42: the table, the column or the right to read it is not there; that a row says. */
function ifLacking(error: unknown): undefined {
  if (/^42/.test(String((error as { code?: unknown }).code))) return undefined;
  throw error;
}
