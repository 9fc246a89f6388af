import type { PartitionRange } from '../core/kafka-scan.ts';
import type { PostgresClient } from '../core/postgres.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroSchema } from '../schemas/avro-schema.ts';
import { quoteIdentifier } from './canonical.ts';

export interface TableFigures {
  readonly rows: number;
  /** Rows of records that stand in the scanned ranges. */
  readonly rowsInTopic: number;
  /** Rows of records older than the topic's retention. */
  readonly rowsBeforeTopic: number;
  /** Rows of records that came while the scan ran. */
  readonly rowsAfterScan: number;
  /** Rows that name no record, or a partition the topic does not have. */
  readonly rowsOfNoRecord: number;
}

/** Sorts every row of the table by where its record stands relative to the scanned ranges. One sequential scan. */
export async function countRowsByRecord(
  client: PostgresClient,
  stream: StreamDefinition,
  ranges: readonly PartitionRange[],
): Promise<TableFigures> {
  const { rows } = await client.query<Record<keyof TableFigures, string>>(
    `SELECT count(*) AS "rows",
            count(*) FILTER (WHERE t.kafka_offset >= r.low AND t.kafka_offset < r.high) AS "rowsInTopic",
            count(*) FILTER (WHERE t.kafka_offset < r.low) AS "rowsBeforeTopic",
            count(*) FILTER (WHERE t.kafka_offset >= r.high) AS "rowsAfterScan",
            count(*) FILTER (WHERE t.kafka_offset IS NULL OR r.partition IS NULL) AS "rowsOfNoRecord"
     FROM ${quoteIdentifier(stream.table.name)} t
     LEFT JOIN unnest($1::int[], $2::bigint[], $3::bigint[]) AS r(partition, low, high)
       ON r.partition = t.kafka_partition`,
    [
      ranges.map(({ partition }) => partition),
      ranges.map(({ low }) => low.toString()),
      ranges.map(({ high }) => high.toString()),
    ],
  );
  const figures = rows[0];
  if (figures === undefined) throw new Error('an aggregate always has one row');
  return {
    rows: Number(figures.rows),
    rowsInTopic: Number(figures.rowsInTopic),
    rowsBeforeTopic: Number(figures.rowsBeforeTopic),
    rowsAfterScan: Number(figures.rowsAfterScan),
    rowsOfNoRecord: Number(figures.rowsOfNoRecord),
  };
}

export interface CurrentFigures {
  readonly identities: number;
  /** Identities whose row in the view is not their newest row of the table; the first few by name. */
  readonly wrong: number;
  readonly samples: readonly string[];
}

/** Compares the view of current states with the table's newest row of each identity by (order, kafka_offset), every column. */
export async function compareCurrentView(
  client: PostgresClient,
  stream: StreamDefinition,
  schema: AvroSchema,
): Promise<CurrentFigures> {
  const { current } = stream.table;
  if (current === undefined) return { identities: 0, wrong: 0, samples: [] };
  const identity = quoteIdentifier(current.identity);
  const columns = schema.fields.map(({ name }) => quoteIdentifier(name)).join(', ');
  const { rows } = await client.query<{ identities: string; wrong: string; samples: string[] | null }>(
    `WITH newest AS (
       SELECT DISTINCT ON (${identity}) ${columns} FROM ${quoteIdentifier(stream.table.name)}
       ORDER BY ${identity}, ${quoteIdentifier(current.order)} DESC, kafka_offset DESC NULLS LAST, id DESC
     ), viewed AS (SELECT ${columns} FROM ${quoteIdentifier(current.view)}),
     wrong AS (
       SELECT ${identity} FROM (
         (SELECT * FROM newest EXCEPT ALL SELECT * FROM viewed) UNION ALL
         (SELECT * FROM viewed EXCEPT ALL SELECT * FROM newest)
       ) AS difference GROUP BY 1
     )
     SELECT (SELECT count(*) FROM newest) AS identities, (SELECT count(*) FROM wrong) AS wrong,
            (SELECT array_agg(w.${identity}::text) FROM (SELECT * FROM wrong ORDER BY 1 LIMIT 10) w) AS samples`,
  );
  const figures = rows[0];
  if (figures === undefined) throw new Error('a select of scalars always has one row');
  return { identities: Number(figures.identities), wrong: Number(figures.wrong), samples: figures.samples ?? [] };
}
