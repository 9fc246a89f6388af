import { ConnectError } from '../core/errors.ts';
import type { HttpLogin } from '../core/http-login.ts';
import type { PostgresConnection, PostgresServer } from '../core/postgres.ts';
import { isReference } from '../core/reference.ts';
import type { TlsFiles } from '../core/tls.ts';
import { secretOf } from './http-settings.ts';
import { groupRoles } from './names.ts';
import type { Environment, GroupRoles, HttpAuth, HttpPart, SecretReference } from './types.ts';
import { workerReferences } from './worker-settings.ts';

/** Resolves a reference to its secret; see `resolveSecret`. */
export type Secrets = (reference: SecretReference) => string;

/** A service behind HTTP. The URL has no trailing slash. */
export interface HttpConnection {
  readonly url: string;
  readonly tls?: TlsFiles | undefined;
  readonly auth?: HttpLogin | undefined;
}

/** The gRPC service that updates come from; `address` is host:port. */
export interface FeedConnection {
  readonly address: string;
  readonly tls: boolean | TlsFiles;
  readonly token?: string | undefined;
  /** Sent with each call, by name. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly keepaliveSeconds?: number | undefined;
}

/** A statement of somebody who only looks is ended after so long, unless a command says otherwise. */
const READ_MS = 60_000;

/** The environment's PostgreSQL for whoever changes tables: migrations and rebuilds. */
export const migratorConnection = (environment: Environment, secrets: Secrets): PostgresConnection =>
  connectionAs(environment, 'owner', 'migrator', secrets);

/** The same with the rights of a sink: what writes a row as a sink does. */
export const sinkConnection = (environment: Environment, secrets: Secrets): PostgresConnection =>
  connectionAs(environment, 'sink', undefined, secrets);

/** The same for whoever only looks: its transactions are read only, whatever the login may do. */
export const readerConnection = (environment: Environment, secrets: Secrets): PostgresConnection => ({
  ...connectionAs(environment, 'reader', 'reader', secrets),
  readOnly: { statementTimeoutMs: READ_MS },
});

function connectionAs(
  { database }: Environment,
  group: keyof GroupRoles,
  purpose: 'migrator' | 'reader' | undefined,
  secrets: Secrets,
): PostgresConnection {
  const { host, port, name, standbys = [], tls, insecure } = database;
  const own = purpose && database[purpose];
  const { user, password } = own ?? database;
  return {
    host,
    port,
    tls,
    insecure,
    standbys: standbys.map(serverOf),
    database: name,
    user,
    password: secrets(password),
    login: { key: own === undefined ? 'database' : `database.${purpose}`, group: groupRoles(database)[group] },
  };
}

/** host:port, as the schema has checked it. */
function serverOf(address: string): PostgresServer {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) };
}

/** The environment's feed. */
export function feedConnection({ feed }: Environment, secrets: Secrets): FeedConnection {
  const { address, tls, token, metadata, keepaliveSeconds } = feed;
  const sent = Object.entries(metadata ?? {}).map(([name, value]) => [
    name,
    isReference(value) ? secrets(value) : value,
  ]);
  return {
    address,
    tls,
    token: token && secrets(token),
    metadata: metadata && Object.fromEntries(sent),
    keepaliveSeconds,
  };
}

/** The environment's schema registry (Confluent REST API), or a Kafka Connect cluster's REST API. */
export function httpConnection({ url, tls, auth }: HttpPart, secrets: Secrets): HttpConnection {
  return { url: url.replace(/\/+$/, ''), tls, auth: auth && login(auth, secrets) };
}

function login(auth: HttpAuth, secrets: Secrets): HttpLogin {
  if (auth.type === 'basic') return { ...auth, password: auth.password && secrets(auth.password) };
  return auth.type === 'bearer' ? { ...auth, token: secrets(auth.token) } : auth;
}

/**
 * The values behind the environment's references, as far as this machine can resolve them: what no output may repeat.
 * The worker's references may only resolve on the worker; those are left out.
 */
export function knownSecrets(environment: Environment, secrets: Secrets): string[] {
  const { kafka, registry, database, connect, worker, feed } = environment;
  const references = [
    kafka.sasl?.mechanism === 'aws-iam' ? undefined : kafka.sasl?.password,
    secretOf(registry.auth),
    database.password,
    database.migrator?.password,
    database.reader?.password,
    secretOf(connect.auth),
    ...workerReferences(worker).map(({ reference }) => reference),
    feed.token,
    ...Object.values(feed.metadata ?? {}).filter(isReference),
  ];
  return resolvable(
    references.filter((reference) => reference !== undefined),
    secrets,
  );
}

/** The values behind references, without those that only resolve on a worker or on another machine. */
export function resolvable(references: Iterable<SecretReference>, secrets: Secrets): string[] {
  const values = [...references].flatMap((reference) => {
    try {
      return [secrets(reference)];
    } catch (error) {
      if (error instanceof ConnectError) return [];
      throw error;
    }
  });
  return [...new Set(values)];
}
