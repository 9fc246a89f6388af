import { Socket } from 'node:net';
import pg from 'pg';
import { ConnectError } from './errors.ts';
import { type PostgresConnection, serversOf } from './postgres-connection.ts';
import { CLEAR_TEXT, connectFailure, lackOf, refusalOf } from './postgres-failure.ts';
import { readTls } from './tls.ts';

export type { PostgresConnection, PostgresServer, PostgresTls } from './postgres-connection.ts';
export { serversOf };

export type PostgresClient = pg.Client;
export type PostgresPool = pg.Pool;

/** node-postgres's own form of a connection, for libraries that take it. Sessions run in UTC unless it says otherwise. */
export function clientConfig(connection: PostgresConnection): pg.ClientConfig {
  const { host, port, database, user, password, tls: { mode, ...files } = { mode: 'none' } } = connection;
  const ssl = mode !== 'none' && { rejectUnauthorized: mode === 'verify', ...readTls(files, 'database.tls') };
  return {
    host,
    port,
    database,
    user,
    password,
    ssl,
    application_name: 'perps-connect',
    connectionTimeoutMillis: 10_000,
    ...(connection.timeZone === 'server' ? {} : { options: '-c TimeZone=UTC' }),
  };
}

/** What node-postgres does not tell of its client. */
interface Inside {
  readonly connection: { readonly stream: Socket };
  _handleAuthCleartextPassword(message: unknown): void;
}

/** node-postgres sends the password as it is to whoever asks for it so; this client only to a server that TLS has verified. */
class Client extends pg.Client {
  readonly #sendsClearText: boolean;

  // A pool hides the password from whoever copies its options, so it is taken by name.
  constructor({ sendsClearText, password, ...config }: pg.ClientConfig & { readonly sendsClearText: boolean }) {
    super({ ...config, password, types: exactTypes });
    this.#sendsClearText = sendsClearText;
  }

  _handleAuthCleartextPassword(message: unknown): void {
    if (this.#sendsClearText)
      (pg.Client.prototype as unknown as Inside)._handleAuthCleartextPassword.call(this, message);
    else (this as unknown as Inside).connection.stream.destroy(new Error(CLEAR_TEXT));
  }
}

const checkedConfig = (connection: PostgresConnection) => ({
  ...clientConfig(connection),
  sendsClearText: connection.insecure === true || connection.tls?.mode === 'verify',
});

/**
 * Runs `task` with one client, connected to the server that takes writes. Values come back as text where a JavaScript number or Date could lose
 * something: NUMERIC, BIGINT and TIMESTAMP are strings. Errors: UNREACHABLE, REFUSED; those of the task.
 */
export async function withPostgres<T>(
  connection: PostgresConnection,
  task: (client: PostgresClient) => Promise<T>,
): Promise<T> {
  const client = await connectPrimary(connection);
  try {
    return await task(client);
  } catch (error) {
    throw lackOf(connection, error) ?? refusalOf(connection, error) ?? error;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * A client of the server that takes writes: of several, the first that is not in recovery. The caller ends it.
 * Errors: UNREACHABLE, REFUSED.
 */
export async function connectPrimary(connection: PostgresConnection): Promise<PostgresClient> {
  const { standbys = [], ...first } = connection;
  const failures: ConnectError[] = [];
  for (const server of [first, ...standbys]) {
    const at = { ...first, ...server };
    const socket = new Socket();
    const client = new Client({ ...checkedConfig(at), stream: () => socket });
    // A connection lost between queries surfaces in the next query; without a listener it would end the process.
    client.on('error', () => {});
    try {
      await client.connect();
      await keepFromWriting(at, client);
      if (standbys.length === 0 || !(await isStandby(client))) return client;
      throw new Error('it is a standby');
    } catch (error) {
      // Its own end would wait for a server that has refused our certificate.
      socket.destroy();
      failures.push(connectFailure(at, error));
    }
  }
  const [only] = failures;
  if (only !== undefined && failures.length === 1) throw only;
  // What a server refuses is wrong on all of them.
  const code = failures.some((failure) => failure.code === 'REFUSED') ? 'REFUSED' : 'UNREACHABLE';
  throw new ConnectError(code, `no server takes writes: ${failures.map(({ message }) => message).join('; ')}`, {
    details: { where: serversOf(connection) },
    hint: 'check database.host, database.standbys and the password reference in connect.yaml',
  });
}

/** Not by the options of the connection: `reset_val` of the setting goes on saying what the server itself wants. */
async function keepFromWriting({ readOnly }: PostgresConnection, client: pg.ClientBase): Promise<void> {
  if (readOnly === undefined) return;
  await client.query(
    `SET default_transaction_read_only = on; SET statement_timeout = ${Math.round(readOnly.statementTimeoutMs)}`,
  );
}

async function isStandby(client: PostgresClient): Promise<boolean> {
  const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  return rows[0]?.standby ?? false;
}

/** A pool of the first server with the same exact types. The caller ends it. */
export function createPool(connection: PostgresConnection, max: number): PostgresPool {
  const pool = new pg.Pool({
    ...checkedConfig(connection),
    Client: Client as unknown as new () => pg.ClientBase,
    max,
    // Before whatever the client is wanted for.
    onConnect: (client) => keepFromWriting(connection, client),
  });
  pool.on('error', () => {});
  return pool;
}

const TEXT_OIDS = new Set<number>([20, 1082, 1114, 1184, 1700]); // int8, date, timestamp, timestamptz, numeric
const exactTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    TEXT_OIDS.has(oid)
      ? (value: string) => value
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};
