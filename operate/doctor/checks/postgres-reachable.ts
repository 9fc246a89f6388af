import { type Check, ok, warning } from '../check.ts';

/** The oldest release that the PostgreSQL project still maintains. */
const OLDEST = 14;

/** The database answers, lets us in, and is of a maintained version. */
export const postgresReachable: Check<'database' | 'query'> = {
  name: 'postgres.reachable',
  reaches: 'postgres',
  needs: [],
  async run({ database, query }) {
    const [row] = await query<{ version: string; number: string; size: string }>(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num') AS number,
              pg_size_pretty(pg_database_size(current_database())) AS size`,
    );
    const subject = `PostgreSQL at ${database.host}:${database.port}/${database.database}`;
    const { version = '', number = '0', size = '' } = row ?? {};
    const message = `PostgreSQL ${version.split(' ')[0]}, database of ${size}`;
    if (Math.floor(Number(number) / 10_000) < OLDEST) {
      return [warning(subject, message, `update the server: PostgreSQL ${OLDEST} is the oldest supported`)];
    }
    return [ok(subject, message)];
  },
};
