import type { PostgresClient } from '../core/postgres.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** What a trial has to know of a stream's table. */
export interface TrialTable {
  /** The table and its partitions, each `schema.name` as PostgreSQL's errors name it. */
  readonly tables: ReadonlySet<string>;
  /** `; SET CONSTRAINTS …`, or nothing. */
  readonly immediate: string;
}

/**
 * Deferrable constraints speak up before a trial ends: keys, references and exclusions, and the constraint triggers of the table
 * itself, which may refuse a row. Constraint triggers of other tables are left for a commit that never comes. Such a one folds
 * a rollup, and would keep its locks until the trial ends.
 */
const CATALOG = `
  WITH own AS (
    SELECT to_regclass($1)::oid AS id UNION SELECT relid FROM pg_partition_tree(to_regclass($1))
  )
  SELECT
    array(
      SELECT n.nspname || '.' || c.relname
      FROM own JOIN pg_class AS c ON c.oid = own.id JOIN pg_namespace AS n ON n.oid = c.relnamespace
    ) AS tables,
    array(
      SELECT format('%I.%I', n.nspname, c.conname)
      FROM pg_constraint AS c JOIN pg_namespace AS n ON n.oid = c.connamespace
      WHERE c.condeferrable AND c.conparentid = 0 AND has_schema_privilege(n.oid, 'USAGE')
        AND (c.contype <> 't' OR c.conrelid IN (SELECT id FROM own))
    ) AS immediate`;

/** Asks PostgreSQL. Errors: those of PostgreSQL. */
export async function readTrialTable(
  client: Pick<PostgresClient, 'query'>,
  { table }: StreamDefinition,
): Promise<TrialTable> {
  const { rows } = await client.query<{ tables: string[]; immediate: string[] }>(CATALOG, [table.name]);
  const { tables = [], immediate = [] } = rows[0] ?? {};
  return {
    tables: new Set(tables),
    immediate: immediate.length === 0 ? '' : `; SET CONSTRAINTS ${immediate.join(', ')} IMMEDIATE`,
  };
}
