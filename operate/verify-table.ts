import type { PartitionRange } from '../core/kafka-admin.ts';
import type { PostgresClient } from '../core/postgres.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { quoteIdentifier } from './canonical.ts';

export interface TableFigures {
  readonly rows: number;
  /** Rows of records that stand in the scanned ranges. */
  readonly inTopic: number;
  /** Rows of records that are older than the topic's retention. */
  readonly beforeTopic: number;
  /** Rows that name no record, or a partition that the topic does not have. */
  readonly ofNoRecord: number;
}

/** Counts the rows of the table by where their records stand relative to the scanned ranges. One sequential scan. */
export async function countRowsByRecord(
  client: PostgresClient,
  stream: StreamDefinition,
  ranges: readonly PartitionRange[],
): Promise<TableFigures> {
  const { rows } = await client.query<Record<keyof TableFigures, string>>(
    `SELECT count(*) AS "rows",
            count(*) FILTER (WHERE t.kafka_offset >= r.low AND t.kafka_offset < r.high) AS "inTopic",
            count(*) FILTER (WHERE t.kafka_offset < r.low) AS "beforeTopic",
            count(*) FILTER (WHERE t.kafka_offset IS NULL OR r.partition IS NULL) AS "ofNoRecord"
     FROM ${quoteIdentifier(stream.table.name)} t
     LEFT JOIN unnest($1::int[], $2::bigint[], $3::bigint[]) AS r(partition, low, high)
       ON r.partition = t.kafka_partition`,
    [
      ranges.map(({ partition }) => partition),
      ranges.map(({ low }) => low.toString()),
      ranges.map(({ high }) => high.toString()),
    ],
  );
  const { rows: all = 0, inTopic = 0, beforeTopic = 0, ofNoRecord = 0 } = rows[0] ?? {};
  return {
    rows: Number(all),
    inTopic: Number(inTopic),
    beforeTopic: Number(beforeTopic),
    ofNoRecord: Number(ofNoRecord),
  };
}
