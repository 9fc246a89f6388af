import type { PostgresClient } from '../core/postgres.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroSchema } from '../schemas/avro-schema.ts';
import { quoteIdentifier } from './canonical.ts';
import type { KeptRange } from './kept-range.ts';

/** How two queries differ. */
export interface DerivedFigures {
  /** Rows of the first query. */
  readonly rows: number;
  /** Identities whose rows differ in any column or are in one query only. */
  readonly wrong: number;
  /** The first few of them, by name. */
  readonly samples: readonly string[];
}

const NOTHING: DerivedFigures = { rows: 0, wrong: 0, samples: [] };

/**
 * Compares the table's newest row of each identity with the view of current states. Of a history that was cut off, those states
 * are compared that are younger.
 */
export async function compareCurrentView(
  client: PostgresClient,
  { table: { name, current } }: StreamDefinition,
  schema: AvroSchema,
  kept?: KeptRange,
): Promise<DerivedFigures> {
  if (current === undefined) return NOTHING;
  const identity = quoteIdentifier(current.identity);
  const columns = schema.fields.map((field) => quoteIdentifier(field.name)).join(', ');
  const order = [current.order, current.ordinal].flatMap((field) =>
    field === undefined ? [] : [`${quoteIdentifier(field)} DESC`],
  );
  // DESC puts a row without an ordinal first.
  const newest = (of: string) => `SELECT DISTINCT ON (${identity}) ${columns} FROM ${quoteIdentifier(name)} AS h ${of}
    ORDER BY ${identity}, ${order.join(', ')}, kafka_offset DESC NULLS LAST, id DESC`;
  const view = `SELECT ${columns} FROM ${quoteIdentifier(current.view)} AS v`;
  if (kept === undefined) return compareQueries(client, newest(''), view, identity);
  const younger = `WHERE ${kept.kept('h')} AND ${identity} NOT IN (
    SELECT ${identity} FROM ${quoteIdentifier(current.view)} AS v WHERE NOT (${kept.kept('v')}) AND ${identity} IS NOT NULL)`;
  return compareQueries(client, newest(younger), `${view} WHERE ${kept.kept('v')}`, identity);
}

/** Compares the rollup with its source. */
export async function compareRollup(
  client: PostgresClient,
  { table: { fold: rollup } }: StreamDefinition,
): Promise<DerivedFigures> {
  if (rollup === undefined) return NOTHING;
  const rowsOf = (relation: string) => `SELECT * FROM ${quoteIdentifier(relation)}`;
  return compareQueries(client, rowsOf(rollup.table), rowsOf(rollup.source), quoteIdentifier(rollup.identity));
}

/** One statement, so one snapshot: it is exact while sinks write. */
async function compareQueries(
  client: PostgresClient,
  first: string,
  second: string,
  identity: string,
): Promise<DerivedFigures> {
  const { rows } = await client.query<DerivedFigures>(
    `WITH first AS (${first}), second AS (${second}),
     wrong AS (
       SELECT ${identity}::text AS identity FROM (
         (TABLE first EXCEPT ALL TABLE second) UNION ALL (TABLE second EXCEPT ALL TABLE first)
       ) AS difference GROUP BY 1
     )
     SELECT (SELECT count(*) FROM first)::float8 AS rows, (SELECT count(*) FROM wrong)::float8 AS wrong,
            ARRAY(SELECT identity FROM wrong ORDER BY 1 LIMIT 10) AS samples`,
  );
  const [figures] = rows;
  if (figures === undefined) throw new Error('a select of scalars always has one row');
  return figures;
}
