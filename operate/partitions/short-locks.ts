import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { PostgresClient } from '../../core/postgres.ts';
import { quoteIdentifier } from '../canonical.ts';

/** How long one attempt waits for a lock: whoever comes later waits behind it for as long. */
const LOCK_TIMEOUT_MS = 300;
const PAUSE_MS = 500;
const MOST_PAUSE_MS = 5_000;
const LOCK_NOT_AVAILABLE = '55P03';

export interface LockPatience {
  readonly signal: AbortSignal;
  /** It gives up after so long. */
  readonly patienceMs: number;
  /** Hears once who holds the lock. */
  readonly onWait: (holders: string) => void;
}

/** What a transaction of `underShortLocks` came to. */
export interface LockedResult<T> {
  readonly value: T;
  readonly attempts: number;
  /** How long it held its locks. */
  readonly lockedMs: number;
}

/**
 * Runs `task` in one transaction in which no lock is waited for longer than 300 ms; then it lets all go, and tries again after a
 * pause. `task` calls `locked` once it holds them. Errors: NOT_READY with who holds the lock; INTERRUPTED; those of the task.
 */
export async function underShortLocks<T>(
  client: PostgresClient,
  tables: readonly string[],
  { signal, patienceMs, onWait }: LockPatience,
  task: (locked: () => void) => Promise<T>,
): Promise<LockedResult<T>> {
  const giveUpAt = Date.now() + patienceMs;
  for (let attempt = 1; ; attempt += 1) {
    let lockedAt: number | undefined;
    try {
      await client.query(`BEGIN; SET LOCAL lock_timeout = '${LOCK_TIMEOUT_MS}ms'`);
      const value = await task(() => {
        lockedAt = performance.now();
      });
      await client.query('COMMIT');
      return { value, attempts: attempt, lockedMs: performance.now() - (lockedAt ?? performance.now()) };
    } catch (error) {
      await client.query('ROLLBACK').catch(() => {});
      if ((error as { code?: unknown }).code !== LOCK_NOT_AVAILABLE) throw error;
      const holders = await holdersOf(client, tables);
      if (attempt === 1) onWait(holders);
      if (Date.now() >= giveUpAt) throw stillLocked(tables, attempt, holders);
      await sleep(Math.min(PAUSE_MS * attempt, MOST_PAUSE_MS), undefined, { signal }).catch(() => {
        throw new ConnectError('INTERRUPTED', `interrupted while waiting for a lock on ${tables[0]}`);
      });
    }
  }
}

function stillLocked([table, ...others]: readonly string[], attempts: number, holders: string): ConnectError {
  const message = `the lock on ${table} was not to be had in ${attempts} tries of ${LOCK_TIMEOUT_MS} ms: held by ${holders}`;
  return new ConnectError('NOT_READY', message, {
    hint: 'nothing was changed; run it again once that transaction has ended, or end it: SELECT pg_terminate_backend(PID)',
    details: { tables: [table, ...others] },
  });
}

/** Who holds a lock on one of these tables: who they are, and since when. Never what they run. */
async function holdersOf(client: PostgresClient, tables: readonly string[]): Promise<string> {
  const { rows } = await client.query<{ holder: string }>(
    `SELECT DISTINCT ON (a.pid) format('process %s (%s, %s, transaction since %s)', a.pid, coalesce(a.usename, a.backend_type),
              coalesce(nullif(a.application_name, ''), 'no application name'),
              coalesce(to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), 'unknown')) AS holder
       FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
      WHERE l.granted AND l.locktype = 'relation' AND l.pid <> pg_backend_pid()
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.relation = ANY (SELECT to_regclass(name)::oid FROM unnest($1::text[]) AS name)
      ORDER BY a.pid LIMIT 5`,
    [tables.map(quoteIdentifier)],
  );
  return rows.map(({ holder }) => holder).join(', ') || 'somebody who has let it go by now';
}
