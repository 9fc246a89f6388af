import type { ConnectionOptions } from 'node:tls';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { ConnectError, causesOf, messageOf } from './errors.ts';
import { type KafkaAdmin, kafkaAdmin } from './kafka-admin.ts';
import { bearerLogin } from './kafka-bearer.ts';
import { missingRight, rightRefused } from './kafka-rights.ts';
import { letQueuesRest } from './kafkajs-idle.ts';
import type { Logger } from './log.ts';
import { tlsFailure } from './tls.ts';

/** Where a Kafka cluster is and how to get in. `ssl` as Node's TLS takes it. */
export interface KafkaConnection {
  readonly brokers: readonly string[] | BrokerSource;
  readonly ssl?: boolean | ConnectionOptions | undefined;
  readonly sasl?: PasswordLogin | TokenLogin | undefined;
}

export interface PasswordLogin {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: string;
}

/** OAUTHBEARER. */
export interface TokenLogin {
  /** Asked at each login. Its errors reach the caller as they are. */
  token(): Promise<string>;
}

/** Brokers that have to be asked for. Errors of `lookUp` reach the caller as they are. */
export interface BrokerSource {
  /** For messages: "cluster arn:…". */
  readonly label: string;
  lookUp(): Promise<readonly string[]>;
}

letQueuesRest();

/** kafkajs keeps only the message of what a broker function throws; the error itself is kept here. */
const failedSearches = new WeakMap<BrokerSource, unknown>();

/** How often a client that works for hours tries again to connect: for some 16 seconds. */
const PATIENT_RETRIES = 8;

/**
 * The one place where a kafkajs client is built. `clientId` shows up in the broker's logs and quotas. `retries`: how often a
 * connection is tried again, each time with the next broker.
 */
export function createKafka(
  connection: KafkaConnection,
  clientId: string,
  logger?: Logger,
  retries: number = PATIENT_RETRIES,
): Kafka {
  return new Kafka({
    clientId,
    brokers: brokersOf(connection),
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: loginOf(connection.sasl) }),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, timestamp: _time, logger: _name, ...fields } = entry.log;
      if (logger === undefined) return;
      // kafkajs logs what it is about to retry as an error; what really fails is thrown to us.
      logger.debug({ kafka: entry.namespace, ...fields }, message);
    },
  });
}

// A copy: kafkajs keeps its authenticator in the object, and with it the password of its first use.
const loginOf = (login: PasswordLogin | TokenLogin): NonNullable<KafkaConfig['sasl']> =>
  'token' in login ? bearerLogin(() => login.token()) : ({ ...login } as SASLOptions);

function brokersOf({ brokers }: KafkaConnection): KafkaConfig['brokers'] {
  if (!('lookUp' in brokers)) return [...brokers];
  return async () => {
    try {
      return [...(await brokers.lookUp())];
    } catch (error) {
      failedSearches.set(brokers, error);
      throw error;
    }
  };
}

/** The cluster, for messages. */
export const brokerLabel = ({ brokers }: KafkaConnection): string =>
  'lookUp' in brokers ? brokers.label : brokers.join(', ');

/** An admin client of its own connection. */
export interface AdminSession {
  /** Errors: those of `kafkaUnreachable`. */
  connect(): Promise<KafkaAdmin>;
  close(): Promise<void>;
}

/** Somebody waits for the answer. */
const ADMIN_RETRIES = 4;

/** Opens nothing yet. `retries`: how often the client repeats a question. It tries each broker before it calls the cluster unreachable. */
export function createAdmin(connection: KafkaConnection, clientId: string, retries: number): AdminSession {
  const { brokers } = connection;
  const tries = Math.max(retries, 'lookUp' in brokers ? ADMIN_RETRIES : brokers.length);
  const client = createKafka(connection, clientId, undefined, tries).admin({ retry: { retries } });
  return {
    async connect() {
      try {
        await client.connect();
      } catch (error) {
        throw kafkaUnreachable(connection, error);
      }
      return kafkaAdmin(client);
    },
    close: () => client.disconnect(),
  };
}

/** Runs `task` with a connected admin client. Errors: those of `kafkaUnreachable`. */
export async function withAdmin<T>(
  connection: KafkaConnection,
  clientId: string,
  task: (admin: KafkaAdmin) => Promise<T>,
): Promise<T> {
  const session = createAdmin(connection, clientId, ADMIN_RETRIES);
  const admin = await session.connect();
  try {
    return await task(admin);
  } finally {
    await session.close();
  }
}

/** Why a broker refused the login; undefined when that is not what happened. */
const loginRefusal = (error: unknown): string | undefined =>
  causesOf(error).find(({ name, message }) => /SASLAuthentication|ILLEGAL_SASL_STATE/.test(`${name} ${message}`))
    ?.message;

/**
 * The error for a cluster that does not let us in: UNREACHABLE when it does not answer, REFUSED when it refuses the login
 * or gives it too few rights, or has a certificate nobody vouches for; what a search for its brokers or its login came upon stays what it is.
 */
export function kafkaUnreachable(connection: KafkaConnection, cause: unknown): ConnectError {
  const searched = 'lookUp' in connection.brokers ? failedSearches.get(connection.brokers) : undefined;
  const known = causesOf(searched ?? cause).find((error) => error instanceof ConnectError);
  if (known !== undefined) return known;
  const brokers = brokerLabel(connection);
  const context = { cause, details: { brokers } };
  const login = loginRefusal(cause);
  if (login !== undefined) {
    return new ConnectError('REFUSED', `Kafka at ${brokers} refuses the login (${login})`, {
      ...context,
      hint: 'check kafka.sasl in connect.yaml: mechanism, user name and password, or the rights of the AWS identity',
    });
  }
  const right = missingRight(cause);
  if (right !== undefined) return rightRefused(`the login lacks a right at ${brokers} (${right})`, cause, { brokers });
  const hasCertificate = typeof connection.ssl === 'object' && connection.ssl.cert !== undefined;
  const failure = tlsFailure(cause, { setting: 'kafka.ssl', hasCertificate });
  if (failure !== undefined) {
    return new ConnectError('REFUSED', `no TLS connection to Kafka at ${brokers}: ${failure.says}`, {
      ...context,
      hint: failure.hint,
    });
  }
  return new ConnectError('UNREACHABLE', `Kafka at ${brokers} is not reachable (${messageOf(cause)})`, {
    ...context,
    hint: 'check kafka.brokers in connect.yaml and that the cluster runs',
  });
}
