import type { PostgresClient } from '../../core/postgres.ts';
import type { Freshness } from './judge-freshness.ts';
import { parseRanges, rangesText } from './slot-ranges.ts';

/** The table behind the view `stream_freshness` (migration 0011). */
export const FRESHNESS_TABLE = 'public.stream_completeness';

interface Row {
  readonly stream: string;
  readonly completeToSlot: string | null;
  readonly completeToCursor: string | null;
  readonly completeToTime: string | null;
  readonly completeAt: string | null;
  readonly newestSlot: string | null;
  readonly missing: string;
  readonly ends: readonly string[] | null;
  readonly reason: string | null;
}

const ISO = 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"';

/** What is known of each stream, by name; nothing of one without a row. Errors: those of PostgreSQL. */
export async function readFreshness(
  client: Pick<PostgresClient, 'query'>,
  streams: readonly string[],
): Promise<Map<string, Freshness>> {
  const { rows } = await client.query<Row>(
    `SELECT stream, complete_to_slot::text AS "completeToSlot", complete_to_cursor AS "completeToCursor",
       to_char(complete_to_time, '${ISO}') AS "completeToTime", to_char(complete_at AT TIME ZONE 'utc', '${ISO}') AS "completeAt",
       newest_slot::text AS "newestSlot", missing_slots::text AS missing, offsets::text[] AS ends, reason
     FROM ${FRESHNESS_TABLE} WHERE stream = ANY ($1)`,
    [streams],
  );
  return new Map(rows.map((row) => [row.stream, freshnessOf(row)]));
}

const freshnessOf = (row: Row): Freshness => ({
  completeToSlot: row.completeToSlot === null ? undefined : BigInt(row.completeToSlot),
  completeToCursor: row.completeToCursor ?? undefined,
  completeToTime: row.completeToTime ?? undefined,
  completeAt: row.completeAt ?? undefined,
  newestSlot: row.newestSlot === null ? undefined : BigInt(row.newestSlot),
  missing: parseRanges(row.missing),
  ends: row.ends?.map(BigInt),
  reason: row.reason ?? undefined,
});

/** Writes a row a stream, all in one statement. Errors: those of PostgreSQL. */
export async function writeFreshness(
  client: Pick<PostgresClient, 'query'>,
  found: ReadonlyMap<string, Freshness>,
): Promise<void> {
  const rows = [...found].map(([stream, freshness]) => ({
    stream,
    complete_to_slot: freshness.completeToSlot?.toString(),
    complete_to_cursor: freshness.completeToCursor,
    complete_to_time: freshness.completeToTime,
    complete_at: freshness.completeAt,
    newest_slot: freshness.newestSlot?.toString(),
    missing_slots: rangesText(freshness.missing),
    offsets: freshness.ends?.map(String),
    reason: freshness.reason,
  }));
  await client.query(
    `INSERT INTO ${FRESHNESS_TABLE} AS t (stream, complete_to_slot, complete_to_cursor, complete_to_time, complete_at, newest_slot, missing_slots,
       offsets, reason, measured_at)
     SELECT stream, complete_to_slot, complete_to_cursor, complete_to_time AT TIME ZONE 'utc', complete_at, newest_slot,
       missing_slots::int8multirange, offsets, reason, now()
     FROM jsonb_to_recordset($1) AS r (stream text, complete_to_slot bigint, complete_to_cursor text, complete_to_time timestamptz,
       complete_at timestamptz, newest_slot bigint, missing_slots text, offsets bigint[], reason text)
     ON CONFLICT (stream) DO UPDATE SET complete_to_slot = EXCLUDED.complete_to_slot, complete_to_cursor = EXCLUDED.complete_to_cursor,
       complete_to_time = EXCLUDED.complete_to_time, complete_at = EXCLUDED.complete_at, newest_slot = EXCLUDED.newest_slot,
       missing_slots = EXCLUDED.missing_slots, offsets = EXCLUDED.offsets, reason = EXCLUDED.reason, measured_at = EXCLUDED.measured_at`,
    [JSON.stringify(rows)],
  );
}
