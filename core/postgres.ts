import pg from 'pg';
import { ConnectError } from './errors.ts';

export type PostgresClient = pg.Client;
export type PostgresPool = pg.Pool;

/** A server of a database. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
}

/** Where a PostgreSQL database is and how to get in. The password never reaches a message. */
export interface PostgresConnection extends PostgresServer {
  /** Further servers of the database, of which one takes writes when the first does not. */
  readonly standbys?: readonly PostgresServer[] | undefined;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** `verify` checks the server's certificate; `require` only encrypts. Default: none. */
  readonly tls?: 'none' | 'require' | 'verify' | undefined;
  /** Its transactions write nothing, and a statement ends after so long. */
  readonly readOnly?: { readonly statementTimeoutMs: number } | undefined;
  /** Where `user` and `password` come from, and the role whose rights the user is to have; for messages. */
  readonly login?: { readonly key: string; readonly group: string } | undefined;
  /** `server` leaves the session in the database's own time zone. Default: UTC. */
  readonly timeZone?: 'server';
}

/** node-postgres's own form of a connection, for libraries that take it. Sessions run in UTC unless it says otherwise. */
export function clientConfig(connection: PostgresConnection): pg.ClientConfig {
  const { host, port, database, user, password, tls } = connection;
  const ssl = tls === undefined || tls === 'none' ? false : { rejectUnauthorized: tls === 'verify' };
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
    const client = new pg.Client({ ...clientConfig(at), types: exactTypes });
    // A connection lost between queries surfaces in the next query; without a listener it would end the process.
    client.on('error', () => {});
    try {
      await client.connect();
      await keepFromWriting(at, client);
      if (standbys.length === 0 || !(await isStandby(client))) return client;
      throw new Error('it is a standby');
    } catch (error) {
      await client.end().catch(() => {});
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

/** The servers of a database, as one reads them. */
export const serversOf = ({ host, port, standbys = [] }: Omit<PostgresConnection, 'user' | 'password'>): string =>
  [{ host, port }, ...standbys].map((server) => `${server.host}:${server.port}`).join(', ');

/** A pool of the first server with the same exact types. The caller ends it. */
export function createPool(connection: PostgresConnection, max: number): PostgresPool {
  const pool = new pg.Pool({ ...clientConfig(connection), types: exactTypes, max });
  pool.on('error', () => {});
  // Sent before whatever the client is wanted for.
  pool.on('connect', (client) => void keepFromWriting(connection, client).catch(() => {}));
  return pool;
}

const TEXT_OIDS = new Set<number>([20, 1082, 1114, 1184, 1700]); // int8, date, timestamp, timestamptz, numeric
const exactTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    TEXT_OIDS.has(oid)
      ? (value: string) => value
      : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
};

/** undefined_table, undefined_column. */
const LACKS = /^(42P01|42703)$/;

/** The error of a statement that names what the database does not have, said so. */
function lackOf(connection: PostgresConnection, cause: unknown): ConnectError | undefined {
  const { code: sqlState, message } = (cause ?? {}) as { code?: unknown; message?: string };
  if (typeof sqlState !== 'string' || !LACKS.test(sqlState)) return undefined;
  const where = `${serversOf(connection)}/${connection.database}`;
  return new ConnectError('REFUSED', `the database at ${where} is not as the files say: ${message}`, {
    cause,
    details: { where, sqlState },
    hint: 'run `connect migrate up`; `connect migrate status` shows what is pending',
  });
}

/** The error of a statement that the login may not run (42501) or that took too long (57014), with what helps. */
function refusalOf(connection: PostgresConnection, cause: unknown): ConnectError | undefined {
  const { code: sqlState, message } = (cause ?? {}) as { code?: unknown; message?: string };
  const { user, login, readOnly } = connection;
  const where = `${serversOf(connection)}/${connection.database}`;
  const refused = (text: string, hint: string): ConnectError =>
    new ConnectError('REFUSED', text, { cause, details: { where, sqlState }, hint });
  if (sqlState === '42501' && login !== undefined) {
    return refused(
      `PostgreSQL at ${where} refuses user ${user} (${login.key}.user): ${message}`,
      `\`connect migrate up\` gives the role ${login.group} its rights; the user has them as its member: GRANT "${login.group}" TO "${user}"`,
    );
  }
  if (sqlState === '57014' && readOnly !== undefined) {
    return refused(
      `PostgreSQL at ${where} ended a statement after ${readOnly.statementTimeoutMs / 1_000} s: ${message}`,
      'find what holds it up (a lock, another query, a missing index), then run the command again',
    );
  }
  return undefined;
}

/** Turns a failed connect into an error that says which database, and whether it is down or refuses us. */
export function connectFailure(connection: PostgresConnection, cause: unknown): ConnectError {
  const where = `${connection.host}:${connection.port}/${connection.database}`;
  const reason = cause instanceof Error ? cause.message || (cause as { code?: string }).code || '' : String(cause);
  const sqlState = (cause as { code?: unknown } | undefined)?.code;
  // SQLSTATE class 28 = authentication, 3D = no such database: it answered, so it is reachable.
  if (typeof sqlState === 'string' && /^(28|3D)/.test(sqlState)) {
    return new ConnectError('REFUSED', `PostgreSQL at ${where} refused user ${connection.user}: ${reason}`, {
      details: { where, sqlState },
      hint: `check ${connection.login?.key ?? 'database'}.user, database.name and the password reference in connect.yaml`,
    });
  }
  return new ConnectError('UNREACHABLE', `PostgreSQL at ${where} is not reachable (${reason})`, {
    details: { where },
    hint: 'check database.host and database.port in connect.yaml and that PostgreSQL runs',
  });
}
