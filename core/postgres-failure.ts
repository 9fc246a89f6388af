import { ConnectError } from './errors.ts';
import { type PostgresConnection, serversOf } from './postgres-connection.ts';
import { tlsFailure } from './tls.ts';

/** undefined_table, undefined_column. */
const LACKS = /^(42P01|42703)$/;

/** The error of a statement that names what the database does not have, said so. */
export function lackOf(connection: PostgresConnection, cause: unknown): ConnectError | undefined {
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
export function refusalOf(connection: PostgresConnection, cause: unknown): ConnectError | undefined {
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

/** The error of our own client, when the server wants the password as it is. */
export const CLEAR_TEXT = 'it asks for the password in clear text';

/** Turns a failed connect into an error that says which database, and whether it is down or refuses us. */
export function connectFailure(connection: PostgresConnection, cause: unknown): ConnectError {
  const where = `${connection.host}:${connection.port}/${connection.database}`;
  const reason = cause instanceof Error ? cause.message || (cause as { code?: string }).code || '' : String(cause);
  const sqlState = (cause as { code?: unknown } | undefined)?.code;
  const { tls: { mode, certificate } = { mode: 'none' } } = connection;
  const refused = (says: string, hint: string): ConnectError =>
    new ConnectError('REFUSED', says, { details: { where, sqlState }, hint });
  if (reason === CLEAR_TEXT) {
    return refused(
      `PostgreSQL at ${where} did not get the password: ${reason}`,
      'let pg_hba.conf ask by scram-sha-256, or connect with `tls: verify`; where nobody else can listen or answer in its place, database.insecure: true sends it',
    );
  }
  if (mode !== 'none' && /does not support SSL/.test(reason)) {
    return refused(
      `PostgreSQL at ${where} does not speak TLS`,
      'switch it on there (ssl = on); where nobody else can listen, database.insecure: true with `tls: none` does without',
    );
  }
  if (/requires a valid client certificate|certificate authentication failed/.test(reason)) {
    return refused(
      `PostgreSQL at ${where} refused user ${connection.user}: ${reason}`,
      certificate === undefined
        ? 'name our certificate and its key by database.tls.certificate and database.tls.key'
        : `the name in database.tls.certificate must be that of the user, ${connection.user}`,
    );
  }
  const tls =
    mode === 'none'
      ? undefined
      : tlsFailure(cause, { setting: 'database.tls', hasCertificate: certificate !== undefined });
  if (tls !== undefined) return refused(`no TLS connection to PostgreSQL at ${where}: ${tls.says}`, tls.hint);
  // SQLSTATE class 28 = authentication, 3D = no such database: it answered, so it is reachable.
  if (typeof sqlState === 'string' && /^(28|3D)/.test(sqlState)) {
    return refused(
      `PostgreSQL at ${where} refused user ${connection.user}: ${reason}`,
      `check ${connection.login?.key ?? 'database'}.user, database.name and the password reference in connect.yaml`,
    );
  }
  return new ConnectError('UNREACHABLE', `PostgreSQL at ${where} is not reachable (${reason})`, {
    details: { where },
    hint: 'check database.host and database.port in connect.yaml and that PostgreSQL runs',
  });
}
