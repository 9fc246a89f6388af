import { withPostgres } from '../../../core/postgres.ts';
import { type Check, ok, warning } from '../check.ts';

const UTC = /^(UTC|Etc\/UTC|GMT|Etc\/GMT|Zulu|Universal)$/i;

/** The database's own time zone is UTC. The pipeline's sessions set UTC themselves; a person's sessions do not. */
export const postgresTimeZone: Check<'database'> = {
  name: 'postgres.time-zone',
  needs: ['postgres'],
  async run({ database }) {
    const zone = await withPostgres({ ...database, timeZone: 'server' }, async (client) => {
      const { rows } = await client.query<{ TimeZone: string }>('SHOW TimeZone');
      return rows[0]?.TimeZone ?? '';
    });
    if (UTC.test(zone)) return [ok(database.database, `time zone ${zone}`)];
    const message = `time zone ${zone}: now() in a query of your own is not the UTC that the tables hold`;
    return [warning(database.database, message, `ALTER DATABASE ${database.database} SET timezone TO 'UTC'`)];
  },
};
