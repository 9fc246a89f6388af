import { ConnectError } from '../core/errors.ts';
import type { PostgresConnection, PostgresServer } from '../core/postgres.ts';
import type { Environment, RestConnect, SecretReference } from './types.ts';

/** Resolves a reference to its secret; see `resolveSecret`. */
export type Secrets = (reference: SecretReference) => string;

/** A service behind HTTP. The URL has no trailing slash. */
export interface HttpConnection {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** The gRPC service that updates come from; `address` is host:port. */
export interface FeedConnection {
  readonly address: string;
  readonly tls: boolean;
  readonly token?: string | undefined;
}

/** The environment's PostgreSQL. */
export function databaseConnection({ database }: Environment, secrets: Secrets): PostgresConnection {
  const { name, password, standbys = [], ...rest } = database;
  return { ...rest, database: name, password: secrets(password), standbys: standbys.map(serverOf) };
}

/** host:port, as the schema has checked it. */
function serverOf(address: string): PostgresServer {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(address.slice(colon + 1)) };
}

/** The environment's feed. */
export function feedConnection({ feed }: Environment, secrets: Secrets): FeedConnection {
  const { address, tls, token } = feed;
  return { address, tls, token: token && secrets(token) };
}

/** The environment's schema registry (Confluent REST API), or a Kafka Connect cluster's REST API. */
export function httpConnection(
  { url, username, password }: Environment['registry'] | RestConnect,
  secrets: Secrets,
): HttpConnection {
  return { url: url.replace(/\/+$/, ''), username, password: password && secrets(password) };
}

/**
 * The values behind the environment's references, as far as this machine can resolve them: what no output may repeat.
 * The worker's references may only resolve on the worker; those are left out.
 */
export function knownSecrets(environment: Environment, secrets: Secrets): string[] {
  const { kafka, registry, database, connect, worker, feed } = environment;
  const references = [
    kafka.sasl?.mechanism === 'aws-iam' ? undefined : kafka.sasl?.password,
    registry.password,
    database.password,
    connect.password,
    worker.databasePassword,
    feed.token,
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
