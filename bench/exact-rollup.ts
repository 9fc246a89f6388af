import { ConnectError } from '../core/errors.ts';
import { type PostgresConnection, withPostgres } from '../core/postgres.ts';

/** Errors: INTERNAL when a state of the rollup is not what the history gives. */
export async function requireExactRollup(database: PostgresConnection): Promise<void> {
  const { rows } = await withPostgres(database, (client) =>
    client.query<{ wrong: string }>(`
      SELECT count(*) AS wrong FROM position_days AS d
      FULL JOIN position_days_from_history AS h USING (position_account, day)
      WHERE (d.is_current, d.history_id) IS DISTINCT FROM (h.is_current, h.history_id)`),
  );
  if (rows[0]?.wrong !== '0') throw new ConnectError('INTERNAL', `${rows[0]?.wrong} states of the rollup are wrong`);
}
