import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../core/errors.ts';
import type { PostgresClient } from '../core/postgres.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import type { AvroSchema } from '../schemas/avro-schema.ts';
import { quoteIdentifier } from './canonical.ts';
import { hasRanges, rangeFrom, timeField } from './kept-range.ts';

export interface PruneOptions {
  readonly stream: StreamDefinition;
  readonly schema: AvroSchema;
  readonly client: Pick<PostgresClient, 'query'>;
  /** The first UTC day that is kept: `2026-03-01`. */
  readonly before: string;
  /** How long one transaction may take, about. Default 100 ms. */
  readonly chunkMs?: number | undefined;
  readonly onProgress?: ((progress: PruneProgress) => void) | undefined;
  /** Heard between transactions. */
  readonly signal?: AbortSignal | undefined;
}

export interface PruneProgress {
  readonly deleted: number;
  /** How much of the table has been gone through, from 0 to 1. */
  readonly share: number;
}

export interface PruneReport {
  readonly stream: string;
  readonly table: string;
  /** The first UTC day that is kept. */
  readonly keptFrom: string;
  readonly deleted: number;
  readonly transactions: number;
  /** The longest time that one transaction took. */
  readonly longestMs: number;
  readonly ms: number;
}

const FIRST_PAGES = 64;
const MOST_PAGES = 4_096;

/** How many rows of a stream's table are older than a UTC day. Errors: REFUSED for what cannot be pruned; NOT_FOUND; USAGE. */
export async function countOlderRows(options: Omit<PruneOptions, 'onProgress' | 'signal'>): Promise<number> {
  const { stream, client } = options;
  await requirePrunable(options);
  const { rows } = await client.query<{ rows: number }>(
    `SELECT count(*)::float8 AS rows FROM ${quoteIdentifier(stream.table.name)} AS t WHERE NOT (${keptRows(options)})`,
  );
  return rows[0]?.rows ?? 0;
}

/**
 * Gives up the history of a stream before a day, and deletes its rows, some pages of the table at a time, each time in a transaction of
 * its own. The rollup keeps its days. Between two transactions it rests as long as one took, so that a sink has half of the
 * database at least. If it ends half way it can begin again. Errors: as `countOlderRows`, and PostgreSQL's.
 */
export async function pruneHistory(options: PruneOptions): Promise<PruneReport> {
  const { stream, client, before, chunkMs = 100, onProgress, signal } = options;
  const began = Date.now();
  await requirePrunable(options);
  const table = quoteIdentifier(stream.table.name);
  await client.query('SELECT public.keep_history_from($1::regclass, $2::timestamp)', [table, before]);
  await untilWritersKnow(client, table, signal);
  const { rows } = await client.query<{ pages: number }>(
    `SELECT (pg_relation_size($1) / current_setting('block_size')::bigint)::float8 AS pages`,
    [table],
  );
  const pages = rows[0]?.pages ?? 0;
  const done = { deleted: 0, transactions: 0, longestMs: 0 };
  let size = FIRST_PAGES;
  for (let page = 0; page < pages; ) {
    signal?.throwIfAborted();
    const start = Date.now();
    const { rowCount } = await client.query(
      `DELETE FROM ${table} AS t
       WHERE ctid >= '(${page},0)' AND ctid < '(${page + size},0)' AND NOT (${keptRows(options)})`,
    );
    const took = Date.now() - start;
    page += size;
    done.deleted += rowCount ?? 0;
    done.transactions += 1;
    done.longestMs = Math.max(done.longestMs, took);
    if (took > chunkMs) size = Math.max(1, Math.floor(size / 2));
    else if (took * 2 < chunkMs) size = Math.min(MOST_PAGES, size * 2);
    onProgress?.({ deleted: done.deleted, share: Math.min(1, page / pages) });
    await sleep(took, undefined, { signal });
  }
  return { stream: stream.name, table: stream.table.name, keptFrom: before, ...done, ms: Date.now() - began };
}

const keptRows = ({ stream, schema, before }: Pick<PruneOptions, 'stream' | 'schema' | 'before'>): string =>
  rangeFrom(before, timeField(stream, schema)).kept('t');

/** Only a whole table of PostgreSQL's own is pruned row by row, and only of a past that is over. */
async function requirePrunable({ stream, client, before }: Pick<PruneOptions, 'stream' | 'client' | 'before'>) {
  const { name } = stream.table;
  const { rows } = await client.query<{ kind: string | null; isPast: boolean }>(
    `SELECT (SELECT relkind FROM pg_class WHERE oid = to_regclass($1)) AS kind,
            $2::date <= (now() AT TIME ZONE 'utc')::date AS "isPast"`,
    [quoteIdentifier(name), before],
  );
  const [{ kind, isPast } = { kind: null, isPast: false }] = rows;
  if (kind === null) {
    throw new ConnectError('NOT_FOUND', `table ${name} does not exist`, { hint: 'run `connect migrate up`' });
  }
  if (kind === 'p') {
    throw new ConnectError('REFUSED', `${name} is partitioned: its history leaves by partitions, not by rows`, {
      hint: 'set `table.partition.keep` and run `connect partitions apply`',
    });
  }
  if (!(await hasRanges(client))) {
    throw new ConnectError(
      'REFUSED',
      `${name} cannot be pruned: the database does not know from when on a history is kept`,
      {
        hint: 'run `connect migrate up`; in a project of your own, `connect upgrade` first',
      },
    );
  }
  if (!isPast) {
    throw new ConnectError('USAGE', `${before} is in the future: all of ${name} would go`, {
      hint: 'name a UTC day up to today',
    });
  }
}

/** A transaction that wrote into the table before the range was known may still take rows out of the rollup: it ends first. */
async function untilWritersKnow(client: PruneOptions['client'], table: string, signal: AbortSignal | undefined) {
  const writers = async () => {
    const { rows } = await client.query<{ writer: string }>(
      `SELECT DISTINCT virtualtransaction AS writer FROM pg_locks
       WHERE relation = $1::regclass AND mode = 'RowExclusiveLock' AND granted AND pid <> pg_backend_pid()`,
      [table],
    );
    return new Set(rows.map(({ writer }) => writer));
  };
  let earlier = await writers();
  while (earlier.size > 0) {
    await sleep(50, undefined, { signal });
    const now = await writers();
    earlier = new Set([...earlier].filter((writer) => now.has(writer)));
  }
}
