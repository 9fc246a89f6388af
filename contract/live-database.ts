import { type PostgresClient, type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { holdsReference } from '../core/reference.ts';
import type { Environment, StreamDefinition } from '../pipeline/types.ts';
import { type Catalog, type Query, readCatalog } from './catalog.ts';
import { observeSinkRole, type SinkRole } from './sink-role.ts';

/** Queries of a client. */
export const queryOf =
  (client: PostgresClient): Query =>
  async (sql) =>
    (await client.query<Record<string, unknown>>(sql)).rows;

/** The tables and views that a database has. Errors: UNREACHABLE, REFUSED. */
export const liveCatalog = (database: PostgresConnection): Promise<Catalog> =>
  withPostgres(database, (client) => readCatalog(queryOf(client)));

/** What a database holds, and what it gives and refuses the role of each stream's sink. */
export interface LiveDatabase {
  readonly catalog: Catalog;
  /** By stream; without those of which only the worker knows as whom they write. */
  readonly roles: ReadonlyMap<string, SinkRole>;
}

/** Reads only. Errors are the query's own. */
export async function observeDatabase(
  query: Query,
  { worker }: Pick<Environment, 'worker'>,
  streams: readonly StreamDefinition[],
): Promise<LiveDatabase> {
  const catalog = await readCatalog(query);
  const roles = new Map<string, SinkRole>();
  for (const stream of holdsReference(worker.databaseUser) ? [] : streams) {
    roles.set(stream.name, await observeSinkRole(query, worker.databaseUser, stream, catalog));
  }
  return { catalog, roles };
}
