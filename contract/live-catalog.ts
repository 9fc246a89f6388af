import { type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { type Catalog, readCatalog } from './catalog.ts';

/** The tables and views that a database has. Errors: UNREACHABLE, REFUSED. */
export const liveCatalog = (database: PostgresConnection): Promise<Catalog> =>
  withPostgres(database, (client) =>
    readCatalog(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows),
  );
