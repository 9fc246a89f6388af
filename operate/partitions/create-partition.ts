import type { PostgresClient } from '../../core/postgres.ts';
import { quoteIdentifier } from '../canonical.ts';
import type { PartitionStep } from './plan-partitions.ts';
import type { PartitionedStream } from './read-partitions.ts';
import { instantText, type TimeRange } from './time-range.ts';

type CreateStep = Extract<PartitionStep, { readonly kind: 'create' }>;

/**
 * Makes a partition, moves into it what the default partition has of its time, and attaches it, in the transaction of the caller.
 * Readers and the sink go on: `CREATE TABLE … PARTITION OF` would lock them out. The default partition alone is locked, last.
 */
export async function createPartition(
  client: PostgresClient,
  { table }: PartitionedStream,
  step: CreateStep,
  fallback: string | undefined,
  locked: () => void,
): Promise<void> {
  const [parent, name] = [quoteIdentifier(table.name), quoteIdentifier(step.name)];
  await client.query(`LOCK TABLE ONLY ${parent} IN SHARE UPDATE EXCLUSIVE MODE`);
  const { owner, options } = await likeOthers(client, parent, fallback);
  await client.query(`CREATE TABLE ${name} (LIKE ${parent} INCLUDING ALL EXCLUDING IDENTITY)${options}`);
  await client.query(`ALTER TABLE ${name} OWNER TO ${quoteIdentifier(owner)}`);
  if (fallback !== undefined) {
    await client.query(`LOCK TABLE ${quoteIdentifier(fallback)} IN ACCESS EXCLUSIVE MODE`);
    locked();
    await moveRows(client, { fallback: quoteIdentifier(fallback), name, by: table.partition.by }, step);
  }
  await client.query(
    `ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES FROM (${bound(step.from)}) TO (${bound(step.to)})`,
  );
}

/** The storage settings of the default partition and the owner of the table are those of all. */
async function likeOthers(
  client: PostgresClient,
  parent: string,
  fallback: string | undefined,
): Promise<{ readonly owner: string; readonly options: string }> {
  const { rows } = await client.query<{ owner: string; options: string | null }>(
    `SELECT pg_get_userbyid(p.relowner) AS owner,
            (SELECT string_agg(format('%I = %L', split_part(one, '=', 1), substr(one, strpos(one, '=') + 1)), ', ')
               FROM pg_class AS d, unnest(d.reloptions) AS one WHERE d.oid = to_regclass($2)) AS options
       FROM pg_class AS p WHERE p.oid = to_regclass($1)`,
    [parent, fallback === undefined ? null : quoteIdentifier(fallback)],
  );
  const [{ owner = '', options = null } = {}] = rows;
  return { owner, options: options === null ? '' : ` WITH (${options})` };
}

interface Move {
  readonly fallback: string;
  readonly name: string;
  readonly by: string;
}

/**
 * The rows stay the same rows: the statement triggers of the table, which keep its rollup, see nothing of it. A trigger of the project's
 * own for each deleted row does. Generated columns are generated again.
 */
async function moveRows(client: PostgresClient, { fallback, name, by }: Move, { from, to }: TimeRange): Promise<void> {
  const { rows } = await client.query<{ columns: string }>(
    `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
      WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [fallback],
  );
  const [{ columns = '' } = {}] = rows;
  const column = quoteIdentifier(by);
  await client.query(
    `WITH moved AS (DELETE FROM ${fallback} WHERE ${column} >= ${bound(from)} AND ${column} < ${bound(to)} RETURNING ${columns})
     INSERT INTO ${name} (${columns}) SELECT ${columns} FROM moved`,
  );
}

/** A bound for columns with and without a zone alike: a column without one leaves the Z alone. */
const bound = (ms: number): string => `'${instantText(ms)}'`;
