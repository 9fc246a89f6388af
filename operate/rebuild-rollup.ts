import { ConnectError } from '../core/errors.ts';
import type { PostgresClient } from '../core/postgres.ts';
import type { RollupDefinition, StreamDefinition } from '../pipeline/types.ts';
import { quoteIdentifier } from './canonical.ts';

export interface RebuildOptions {
  readonly stream: StreamDefinition;
  readonly rollup: RollupDefinition;
  readonly client: Pick<PostgresClient, 'query'>;
  /** How long one transaction may hold its locks, about. Default 100 ms. */
  readonly chunkMs?: number | undefined;
  readonly onProgress?: ((progress: RebuildProgress) => void) | undefined;
  /** Heard between transactions. */
  readonly signal?: AbortSignal | undefined;
}

export interface RebuildProgress {
  /** Identities whose rows are right now. */
  readonly identities: number;
  /** Rows that were wrong. */
  readonly wrong: number;
}

export interface RebuildReport extends RebuildProgress {
  readonly stream: string;
  /** The rollup's table. */
  readonly fold: string;
  readonly transactions: number;
  /** The longest time that one transaction took: no sink waited longer for it. */
  readonly longestMs: number;
  readonly ms: number;
}

const FIRST_IDENTITIES = 50;
const MOST_IDENTITIES = 5_000;
const ATTEMPTS = 5;
/** Deadlock, serialization failure, a row that another session has just written: the next attempt sees it. */
const PASSING = new Set(['40P01', '40001', '23505']);

/**
 * Makes the rollup what its source says, some identities at a time, each time in a transaction of its own. Sinks go on
 * writing; readers never see an identity half done. If it ends half way, every row is as it was or right, and it can
 * begin again: rows that are right already are only read. Errors: REFUSED with PostgreSQL's reason.
 */
export async function rebuildRollup(options: RebuildOptions): Promise<RebuildReport> {
  const { stream, rollup, client, chunkMs = 100, onProgress, signal } = options;
  const began = Date.now();
  const next = identityReader(client, stream, rollup);
  const done = { identities: 0, wrong: 0, transactions: 0, longestMs: 0 };
  let last: string | undefined;
  let size = FIRST_IDENTITIES;
  for (;;) {
    signal?.throwIfAborted();
    const identities = await next(last, size);
    last = identities.at(-1);
    if (last === undefined) return { stream: stream.name, fold: rollup.table, ...done, ms: Date.now() - began };
    const start = Date.now();
    done.wrong += await rebuildIdentities(client, rollup, identities);
    const took = Date.now() - start;
    done.identities += identities.length;
    done.transactions += 1;
    done.longestMs = Math.max(done.longestMs, took);
    if (took > chunkMs) size = Math.max(1, Math.floor(size / 2));
    else if (took * 2 < chunkMs) size = Math.min(MOST_IDENTITIES, size * 2);
    onProgress?.({ identities: done.identities, wrong: done.wrong });
  }
}

/** Identities after `last` in order, of history and rollup: what has no history must leave the rollup. */
function identityReader(client: RebuildOptions['client'], { table }: StreamDefinition, rollup: RollupDefinition) {
  const identity = quoteIdentifier(rollup.identity);
  const from = (relation: string, after: string) =>
    `(SELECT DISTINCT ${identity} FROM ${quoteIdentifier(relation)} ${after} ORDER BY 1 LIMIT $1)`;
  const sql = (after: string) =>
    `SELECT ${identity}::text AS identity FROM (
       ${from(table.name, after)} UNION ${from(rollup.table, after)} ORDER BY 1 LIMIT $1
     ) AS both_of_them`;
  return async (last: string | undefined, size: number): Promise<string[]> => {
    const { rows } = await (last === undefined
      ? client.query<{ identity: string }>(sql(''), [size])
      : client.query<{ identity: string }>(sql(`WHERE ${identity} > $2`), [size, last]));
    return rows.map((row) => row.identity);
  };
}

async function rebuildIdentities(
  client: RebuildOptions['client'],
  { rebuild }: RollupDefinition,
  identities: readonly string[],
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const sql = `SELECT ${quoteIdentifier(rebuild)}($1::text[]) AS wrong`;
      const { rows } = await client.query<{ wrong: string }>(sql, [identities]);
      return Number(rows[0]?.wrong);
    } catch (error) {
      const { code = '', message } = error as { code?: string; message: string };
      if (PASSING.has(code) && attempt < ATTEMPTS) continue;
      throw new ConnectError('REFUSED', `${rebuild} failed at ${identities[0]}: ${message}`, {
        cause: error,
        details: { sqlState: code },
        hint: 'what was rebuilt before stays; mend the cause and run `connect rebuild` again',
      });
    }
  }
}
