import type { PartitionRange } from '../core/kafka-admin.ts';
import type { PostgresClient } from '../core/postgres.ts';
import { slotColumnOf } from '../pipeline/moving-columns.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { quoteIdentifier } from './canonical.ts';
import type { KeptRange } from './kept-range.ts';

/** What the table holds of one partition. */
export interface PartitionRows {
  readonly partition: number;
  /** Rows whose records are older than what the topic keeps. */
  readonly before: number;
  /** The lowest and the highest offset among them. */
  readonly firstBefore: bigint | undefined;
  readonly lastBefore: bigint | undefined;
  /** The highest offset that a row names. */
  readonly last: bigint;
}

/** Counts the kept rows of the table by where their records stand relative to the scanned ranges. One sequential scan. */
export async function countRowsByRecord(
  client: PostgresClient,
  stream: StreamDefinition,
  ranges: readonly PartitionRange[],
  kept?: KeptRange,
) {
  const { rows } = await client.query<Record<string, string | number | null>>(
    `SELECT t.kafka_partition AS "partition", r.partition IS NOT NULL AS "known",
            count(*) AS "rows",
            count(*) FILTER (WHERE t.kafka_offset >= r.low AND t.kafka_offset < r.high) AS "inTopic",
            count(*) FILTER (WHERE t.kafka_offset < r.low) AS "before",
            min(t.kafka_offset) FILTER (WHERE t.kafka_offset < r.low) AS "firstBefore",
            max(t.kafka_offset) FILTER (WHERE t.kafka_offset < r.low) AS "lastBefore",
            max(t.kafka_offset) AS "last",
            count(*) FILTER (WHERE t.kafka_offset IS NULL) AS "withoutOffset"
     FROM ${quoteIdentifier(stream.table.name)} t
     LEFT JOIN unnest($1::int[], $2::bigint[], $3::bigint[]) AS r(partition, low, high)
       ON r.partition = t.kafka_partition
     WHERE ${kept?.kept('t') ?? 'true'}
     GROUP BY 1, 2`,
    [
      ranges.map(({ partition }) => partition),
      ranges.map(({ low }) => low.toString()),
      ranges.map(({ high }) => high.toString()),
    ],
  );
  const figures = {
    rows: 0,
    /** Rows of records that stand in the scanned ranges. */
    inTopic: 0,
    /** Rows of records that are older than the topic's retention, or of an earlier topic. */
    beforeTopic: 0,
    /** Rows that name no record, or a partition that the topic does not have. */
    ofNoRecord: 0,
  };
  const partitions: PartitionRows[] = [];
  const offset = (value: string | number | null | undefined) =>
    value === null || value === undefined ? undefined : BigInt(value);
  for (const row of rows) {
    const counted = Number(row.rows);
    const { partition } = row;
    figures.rows += counted;
    if (typeof partition === 'number' && partition < 0) {
      // Somebody has set the rows of an earlier topic apart: docs/operations.md, "The topic was created anew".
      figures.beforeTopic += counted;
    } else if (!row.known || typeof partition !== 'number') figures.ofNoRecord += counted;
    else {
      figures.inTopic += Number(row.inTopic);
      figures.beforeTopic += Number(row.before);
      figures.ofNoRecord += Number(row.withoutOffset);
      const last = offset(row.last);
      if (last === undefined) continue;
      const [firstBefore, lastBefore] = [offset(row.firstBefore), offset(row.lastBefore)];
      partitions.push({ partition, before: Number(row.before), firstBefore, lastBefore, last });
    }
  }
  return { ...figures, partitions };
}

/** Counts rows that name an offset at or beyond the end of their partition. `ends` were read after `partitions`. */
export async function countRowsBeyond(
  client: PostgresClient,
  stream: StreamDefinition,
  partitions: readonly PartitionRows[],
  ends: readonly PartitionRange[],
): Promise<number> {
  const beyond = partitions.flatMap(({ partition, last }) => {
    const end = ends.find((range) => range.partition === partition)?.high;
    return end !== undefined && last >= end ? [{ partition, end, last }] : [];
  });
  if (beyond.length === 0) return 0;
  const { rows } = await client.query<{ rows: string }>(
    `SELECT count(*) AS "rows" FROM ${quoteIdentifier(stream.table.name)} t
     JOIN unnest($1::int[], $2::bigint[], $3::bigint[]) AS b(partition, "end", "last")
       ON b.partition = t.kafka_partition AND t.kafka_offset >= b."end" AND t.kafka_offset <= b."last"`,
    [
      beyond.map(({ partition }) => partition),
      beyond.map(({ end }) => end.toString()),
      beyond.map(({ last }) => last.toString()),
    ],
  );
  return Number(rows[0]?.rows ?? 0);
}

/**
 * Identities that have more than one row: the key without the time that partitions the history, or without the slot that a key begins with
 * for the sake of its index. One update that came again with another one, as a slot that was not final gives it.
 */
export async function countRepeated(client: PostgresClient, stream: StreamDefinition): Promise<number> {
  const { name, key, partition } = stream.table;
  const moving = partition?.by ?? (key[0] === slotColumnOf(stream) ? key[0] : undefined);
  if (moving === undefined) return 0;
  const others = key.filter((column) => column !== moving);
  // The slot of a key that says nothing else of an update is its identity.
  if (partition === undefined && others.every((column) => column === stream.topic.key)) return 0;
  const identity = others.map(quoteIdentifier);
  if (identity.length === 0) return 0;
  const { rows } = await client.query<{ repeated: number }>(
    `SELECT count(*)::float8 AS repeated FROM (
       SELECT FROM ${quoteIdentifier(name)} GROUP BY ${identity.join(', ')} HAVING count(*) > 1
     ) AS several`,
  );
  return rows[0]?.repeated ?? 0;
}
