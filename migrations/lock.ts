import { ConnectError } from '../core/errors.ts';
import type { PostgresClient } from '../core/postgres.ts';
import { waitFor } from '../core/retry.ts';

/** Any number that no other program locks; the same for every migrator of this package. */
const LOCK_KEY = '7021945512233411';

export interface LockOptions {
  /** How long to wait for another migrator. Default 60 s. */
  readonly lockWaitMs?: number | undefined;
  /** Hears once that another migrator is at work and the wait begins. */
  readonly onWait?: ((holder: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Takes the lock that keeps migrators of one database apart. The session holds it, so it is free again when the session
 * ends, also when the process dies. The lock is asked for again and again, not waited for in PostgreSQL, so that Ctrl-C works.
 * Errors: TIMEOUT naming the session that holds it.
 */
export async function takeMigrationLock(client: PostgresClient, options: LockOptions): Promise<void> {
  const { lockWaitMs = 60_000, onWait, signal } = options;
  if (await tryLock(client)) return;
  onWait?.(await describeHolder(client));
  try {
    await waitFor(() => tryLock(client), {
      what: 'the other migration to end',
      timeoutMs: lockWaitMs,
      everyMs: 100,
      signal,
    });
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'TIMEOUT') throw error;
    const holder = await describeHolder(client);
    throw new ConnectError('TIMEOUT', `another migration has been running for ${lockWaitMs / 1000} s: ${holder}`, {
      hint: 'wait for it to end; if it hangs, end its session with pg_terminate_backend, which rolls it back',
    });
  }
}

async function tryLock(client: PostgresClient): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1) AS held', [LOCK_KEY]);
  return rows[0]?.held === true;
}

async function describeHolder(client: PostgresClient): Promise<string> {
  const { rows } = await client.query<{ holder: string }>(
    `SELECT format('process %s, user %s, %s', pid, usename, coalesce(nullif(application_name, ''), 'unnamed')) AS holder
       FROM pg_locks JOIN pg_stat_activity USING (pid)
      WHERE locktype = 'advisory' AND granted AND objsubid = 1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32 | objid::bigint) = $1`,
    [LOCK_KEY],
  );
  return rows[0]?.holder ?? 'it has just ended';
}
