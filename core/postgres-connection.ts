import type { TlsFiles } from './tls.ts';

/** A server of a database. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
}

/** `verify` checks the server's certificate; `require` only encrypts. Files go with both. */
export interface PostgresTls extends TlsFiles {
  readonly mode: 'none' | 'require' | 'verify';
}

/** Where a PostgreSQL database is and how to get in. The password never reaches a message. */
export interface PostgresConnection extends PostgresServer {
  /** Further servers of the database, of which one takes writes when the first does not. */
  readonly standbys?: readonly PostgresServer[] | undefined;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  /** Default: none. */
  readonly tls?: PostgresTls | undefined;
  /** Whether the password may go to whoever asks for it as it is. Default: only to a server that TLS has verified. */
  readonly insecure?: boolean | undefined;
  /** Its transactions write nothing, and a statement ends after so long. */
  readonly readOnly?: { readonly statementTimeoutMs: number } | undefined;
  /** Where `user` and `password` come from, and the role whose rights the user is to have; for messages. */
  readonly login?: { readonly key: string; readonly group: string } | undefined;
  /** `server` leaves the session in the database's own time zone. Default: UTC. */
  readonly timeZone?: 'server';
}

/** The servers of a database, as one reads them. */
export const serversOf = ({ host, port, standbys = [] }: Omit<PostgresConnection, 'user' | 'password'>): string =>
  [{ host, port }, ...standbys].map((server) => `${server.host}:${server.port}`).join(', ');
