import { ConnectError } from '../../core/errors.ts';
import type { PostgresClient } from '../../core/postgres.ts';
import type { PartitionDefinition, StreamDefinition } from '../../pipeline/types.ts';
import { quoteIdentifier } from '../canonical.ts';
import { readLeftMark } from './left-mark.ts';
import { readInstant, type TimeRange } from './time-range.ts';

/** A partition that the table has. Names are schema-qualified. */
export interface Partition extends TimeRange {
  readonly name: string;
  /** The planner's estimate. */
  readonly rows: bigint;
}

/** A table that was a partition and has left: it is dropped once its archive is written. */
export interface LeftPartition extends Partition {
  readonly waitsForArchive: boolean;
}

/** The partition for rows that no other takes. */
export interface DefaultPartition {
  readonly name: string;
  /** Whether this login may read it by its own name. */
  readonly isReadable: boolean;
}

export interface FoundPartitions {
  /** By time. */
  readonly attached: readonly Partition[];
  readonly left: readonly LeftPartition[];
  /** Undefined: there is none, and a row without a partition stops the sink. */
  readonly fallback: DefaultPartition | undefined;
}

/** A stream whose table is partitioned. */
export type PartitionedStream = StreamDefinition & { readonly table: { readonly partition: PartitionDefinition } };

export const isPartitioned = (stream: StreamDefinition): stream is PartitionedStream =>
  stream.table.partition !== undefined;

interface Row {
  readonly name: string;
  readonly bound: string | null;
  readonly rows: string;
  readonly readable: boolean;
  readonly comment: string | null;
}

/** What follows reads bounds as this session writes them. */
const SETTINGS = `SET datestyle = 'ISO, YMD'; SET timezone = 'UTC'`;
const QUALIFIED = `n.nspname || '.' || c.relname`;

/** The partitions of a stream's table, and those that have left it. Errors: NOT_FOUND without the table, REFUSED when it is not partitioned. */
export async function readPartitions(client: PostgresClient, stream: PartitionedStream): Promise<FoundPartitions> {
  const table = quoteIdentifier(stream.table.name);
  await client.query(SETTINGS);
  await requirePartitioned(client, stream);
  const { rows } = await client.query<Row>(
    `SELECT ${QUALIFIED} AS name, pg_get_expr(c.relpartbound, c.oid) AS bound, greatest(c.reltuples, 0)::bigint AS rows,
            has_table_privilege(c.oid, 'SELECT') AS readable, NULL AS comment
       FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
      WHERE i.inhparent = to_regclass($1)
     UNION ALL
     SELECT ${QUALIFIED}, NULL, greatest(c.reltuples, 0)::bigint, true, d.description
       FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
       JOIN pg_description AS d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
      WHERE c.relkind = 'r' AND NOT c.relispartition
        AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass($1))`,
    [table],
  );
  const fallback = rows.find(({ bound }) => bound === 'DEFAULT');
  return {
    attached: rows.flatMap(attachedOf).toSorted((a, b) => a.from - b.from),
    left: rows.flatMap((row) => leftOf(row, stream)).toSorted((a, b) => a.from - b.from),
    fallback: fallback && { name: fallback.name, isReadable: fallback.readable },
  };
}

async function requirePartitioned(client: PostgresClient, { name: stream, table }: StreamDefinition): Promise<void> {
  const { rows } = await client.query<{ kind: string }>(
    'SELECT relkind AS kind FROM pg_class WHERE oid = to_regclass($1)',
    [quoteIdentifier(table.name)],
  );
  const [row] = rows;
  if (row === undefined)
    throw new ConnectError('NOT_FOUND', `table ${table.name} does not exist`, { hint: 'run `connect migrate up`' });
  if (row.kind !== 'p')
    throw new ConnectError('REFUSED', `table ${table.name} is not partitioned`, {
      hint: `docs/partitions.md says what the table of ${stream} has to be; or take table.partition out of its definition`,
    });
}

function attachedOf({ name, bound, rows }: Row): Partition[] {
  const [, from = '', to = ''] = /^FOR VALUES FROM \((.*)\) TO \((.*)\)$/.exec(bound ?? '') ?? [];
  if (to === '') return [];
  return [{ name, from: boundOf(from), to: boundOf(to), rows: BigInt(rows) }];
}

function boundOf(text: string): number {
  if (text === 'MINVALUE') return Number.NEGATIVE_INFINITY;
  if (text === 'MAXVALUE') return Number.POSITIVE_INFINITY;
  const instant = readInstant(text.replaceAll("'", ''));
  if (instant === undefined) throw new ConnectError('REFUSED', `a partition has the bound ${text}, which is no time`);
  return instant;
}

function leftOf({ name, comment, rows }: Row, { table }: StreamDefinition): LeftPartition[] {
  const mark = comment === null ? undefined : readLeftMark(comment);
  if (mark === undefined || mark.table !== table.name) return [];
  return [{ name, from: mark.from, to: mark.to, waitsForArchive: mark.waitsForArchive, rows: BigInt(rows) }];
}

/** Whether the default partition holds a row; undefined when this login may not look. */
export async function hasStrayRows(
  client: PostgresClient,
  { fallback }: FoundPartitions,
): Promise<boolean | undefined> {
  if (fallback === undefined) return false;
  if (!fallback.isReadable) return undefined;
  const { rows } = await client.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM ${quoteIdentifier(fallback.name)}) AS found`,
  );
  return rows[0]?.found;
}

/** Rows of the default partition on one UTC day; `day` is undefined for times that no partition can be made for. */
export interface StrayRows {
  /** ms since 1970. */
  readonly day: number | undefined;
  readonly rows: bigint;
}

/** The rows of the default partition by day. Errors: REFUSED when this login may not read it. */
export async function readStrayRows(
  client: PostgresClient,
  { fallback }: FoundPartitions,
  { by }: PartitionDefinition,
): Promise<StrayRows[]> {
  if (fallback === undefined) return [];
  if (!fallback.isReadable)
    throw new ConnectError('REFUSED', `this login may not read ${fallback.name}`, {
      hint: `GRANT SELECT ON ${fallback.name} to the group of its readers`,
    });
  const { rows } = await client.query<{ day: string; rows: string }>(
    `SELECT date_trunc('day', ${quoteIdentifier(by)})::text AS day, count(*) AS rows
       FROM ${quoteIdentifier(fallback.name)} GROUP BY 1 ORDER BY 1`,
  );
  return rows.map(({ day, rows: count }) => ({ day: readInstant(day), rows: BigInt(count) }));
}

/** Bytes of these tables with their indexes. */
export async function readSizes(
  client: PostgresClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  const { rows } = await client.query<{ name: string; bytes: string | null }>(
    'SELECT name, pg_total_relation_size(to_regclass(quoted)) AS bytes FROM unnest($1::text[], $2::text[]) AS t(name, quoted)',
    [names, names.map(quoteIdentifier)],
  );
  return new Map(rows.map(({ name, bytes }) => [name, BigInt(bytes ?? 0)]));
}
