import type { PostgresClient } from '../core/postgres.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { quoteIdentifier } from './canonical.ts';

export interface FoldFigures {
  readonly rows: number;
  /** Identities with a row that the history does not give, or without one that it gives; the first few by name. */
  readonly wrong: number;
  readonly samples: readonly string[];
}

/** Compares the fold with its source, every column. One statement, so one snapshot: it is exact while sinks write. */
export async function compareFold(client: PostgresClient, { table }: StreamDefinition): Promise<FoldFigures> {
  const { fold } = table;
  if (fold === undefined) return { rows: 0, wrong: 0, samples: [] };
  const { rows } = await client.query<{ rows: string; wrong: string; samples: string[] | null }>(
    `WITH kept AS (SELECT * FROM ${quoteIdentifier(fold.table)}),
          wanted AS (SELECT * FROM ${quoteIdentifier(fold.source)}),
     wrong AS (
       SELECT ${quoteIdentifier(fold.identity)}::text AS identity FROM (
         (TABLE kept EXCEPT ALL TABLE wanted) UNION ALL (TABLE wanted EXCEPT ALL TABLE kept)
       ) AS difference GROUP BY 1
     )
     SELECT (SELECT count(*) FROM kept) AS rows, (SELECT count(*) FROM wrong) AS wrong,
            (SELECT array_agg(identity) FROM (SELECT * FROM wrong ORDER BY 1 LIMIT 10) w) AS samples`,
  );
  const figures = rows[0];
  if (figures === undefined) throw new Error('a select of scalars always has one row');
  return { rows: Number(figures.rows), wrong: Number(figures.wrong), samples: figures.samples ?? [] };
}
