import { ConnectError } from '../core/errors.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../core/postgres.ts';
import type { FoldDefinition, StreamDefinition } from '../pipeline/types.ts';
import { quoteIdentifier } from './canonical.ts';

export interface RebuildOptions {
  readonly stream: StreamDefinition;
  readonly fold: FoldDefinition;
  readonly database: PostgresConnection;
  /** How long one transaction may hold its locks, about. Default 100 ms. */
  readonly chunkMs?: number;
  readonly onProgress?: (progress: RebuildProgress) => void;
  /** Heard between transactions. */
  readonly signal?: AbortSignal;
}

export interface RebuildProgress {
  /** Identities whose rows are right now. */
  readonly identities: number;
  /** Rows that were wrong. */
  readonly wrong: number;
}

export interface RebuildReport extends RebuildProgress {
  readonly stream: string;
  readonly fold: string;
  readonly transactions: number;
  /** The longest time that one transaction took: no sink waited longer for it. */
  readonly longestMs: number;
  readonly ms: number;
}

const MOST_IDENTITIES = 5_000;
const ATTEMPTS = 5;
/** Deadlock, serialization failure, a row that somebody else has just written: the next attempt sees it. */
const PASSING = new Set(['40P01', '40001', '23505']);

/**
 * Makes the fold what its source says, some identities at a time, each time in a transaction of its own. Sinks go on
 * writing; readers never see an identity half done. Ended half way it leaves every row as it was or right, and can
 * begin again: what is right already is only read. Errors: REFUSED with PostgreSQL's reason, UNREACHABLE.
 */
export async function rebuildFold(options: RebuildOptions): Promise<RebuildReport> {
  const { stream, fold, database, chunkMs = 100, onProgress, signal } = options;
  const began = Date.now();
  return withPostgres(database, async (client) => {
    const next = identityReader(client, stream, fold);
    const done = { identities: 0, wrong: 0, transactions: 0, longestMs: 0 };
    let last: string | undefined;
    let size = 50;
    for (;;) {
      signal?.throwIfAborted();
      const identities = await next(last, size);
      last = identities.at(-1);
      if (last === undefined) return { stream: stream.name, fold: fold.table, ...done, ms: Date.now() - began };
      const start = Date.now();
      done.wrong += await rebuild(client, fold, identities);
      const took = Date.now() - start;
      done.identities += identities.length;
      done.transactions += 1;
      done.longestMs = Math.max(done.longestMs, took);
      size = nextSize(size, took, chunkMs);
      onProgress?.({ identities: done.identities, wrong: done.wrong });
    }
  });
}

/** Half as many when it took too long, twice as many when there was room. */
export function nextSize(size: number, tookMs: number, chunkMs: number): number {
  if (tookMs > chunkMs) return Math.max(1, Math.floor(size / 2));
  return tookMs * 2 < chunkMs ? Math.min(MOST_IDENTITIES, size * 2) : size;
}

/** Identities after `last` in order, of history and fold: what has no history must leave the fold. */
function identityReader(client: PostgresClient, { table }: StreamDefinition, fold: FoldDefinition) {
  const identity = quoteIdentifier(fold.identity);
  const from = (relation: string, after: string) =>
    `(SELECT DISTINCT ${identity} FROM ${quoteIdentifier(relation)} ${after} ORDER BY 1 LIMIT $1)`;
  const sql = (after: string) =>
    `SELECT ${identity}::text AS identity FROM (
       ${from(table.name, after)} UNION ${from(fold.table, after)} ORDER BY 1 LIMIT $1
     ) AS both_of_them`;
  const first = sql('');
  const further = sql(`WHERE ${identity} > $2`);
  return async (last: string | undefined, size: number): Promise<string[]> => {
    const { rows } = await client.query<{ identity: string }>(
      last === undefined ? first : further,
      last === undefined ? [size] : [size, last],
    );
    return rows.map((row) => row.identity);
  };
}

async function rebuild(client: PostgresClient, fold: FoldDefinition, identities: readonly string[]): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { rows } = await client.query<{ wrong: string }>(
        `SELECT ${quoteIdentifier(fold.rebuild)}($1::text[]) AS wrong`,
        [identities],
      );
      return Number(rows[0]?.wrong);
    } catch (error) {
      const { code = '', message } = error as { code?: string; message: string };
      if (PASSING.has(code) && attempt < ATTEMPTS) continue;
      throw new ConnectError('REFUSED', `${fold.rebuild} failed at ${identities[0]}: ${message}`, {
        cause: error,
        details: { sqlState: code },
        hint: 'what was rebuilt before stays; mend the cause and run `connect rebuild` again',
      });
    }
  }
}
