import { once } from 'node:events';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../core/postgres.ts';

/** Takes a snapshot and keeps it as long as the transaction lasts, as a long report does. */
export async function takeSnapshot(reader: PostgresClient): Promise<void> {
  await reader.query('SET idle_in_transaction_session_timeout = 0');
  await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM positions LIMIT 1');
}

/** Holds a snapshot in a session of its own until it is told to end. `release` fails when the session did not live until then. */
export function holdSnapshot(database: PostgresConnection): { readonly release: () => Promise<void> } {
  const end = new AbortController();
  const holding = withPostgres(database, async (reader) => {
    await takeSnapshot(reader);
    await once(end.signal, 'abort');
    await reader.query('COMMIT');
  });
  // Reported by release.
  holding.catch(() => {});
  return {
    async release() {
      end.abort();
      await holding;
    },
  };
}
