import { ConnectError } from '../core/errors.ts';
import { type PostgresConnection, withPostgres } from '../core/postgres.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { quoteIdentifier } from './canonical.ts';

export interface RowCount {
  readonly count: bigint;
  /** False: the planner's estimate, because counting would read the whole of a large table. */
  readonly exact: boolean;
}

const COUNT_UP_TO = 1_000_000n;

/** Counts the rows of a stream's table, or estimates those of a large one. Errors: NOT_FOUND, UNREACHABLE, REFUSED. */
export async function estimateRows(database: PostgresConnection, stream: StreamDefinition): Promise<RowCount> {
  const name = quoteIdentifier(stream.table.name);
  return withPostgres(database, async (client) => {
    const { rows } = await client.query<{ estimate: string | null }>(
      // Partitioned or not; -1 means never analysed.
      `SELECT (SELECT sum(greatest(c.reltuples, 0))::bigint FROM pg_partition_tree(to_regclass($1)) AS t
                 JOIN pg_class AS c ON c.oid = t.relid WHERE t.isleaf) AS estimate
       WHERE to_regclass($1) IS NOT NULL`,
      [name],
    );
    if (rows.length === 0) {
      const message = `table ${stream.table.name} does not exist in database ${database.database}`;
      throw new ConnectError('NOT_FOUND', message, { hint: 'run `connect migrate up`' });
    }
    const estimate = BigInt(rows[0]?.estimate ?? 0);
    if (estimate > COUNT_UP_TO) return { count: estimate, exact: false };
    const counted = await client.query<{ count: string }>(`SELECT count(*) AS count FROM ${name}`);
    return { count: BigInt(counted.rows[0]?.count ?? 0), exact: true };
  });
}
