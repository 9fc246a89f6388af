import { type Admin, Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { ConnectError } from './errors.ts';
import type { Logger } from './log.ts';

/** Where a Kafka cluster is and how to get in. `sasl` as kafkajs takes it. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly ssl?: boolean;
  readonly sasl?: KafkaConfig['sasl'];
}

/** The one place where a kafkajs client is built. `clientId` shows up in the broker's logs and quotas. */
export function createKafka(connection: KafkaConnection, clientId: string, logger?: Logger): Kafka {
  return new Kafka({
    clientId,
    brokers: [...connection.brokers],
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: connection.sasl }),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, timestamp: _time, logger: _name, ...fields } = entry.log;
      if (logger === undefined) return;
      // kafkajs logs what it is about to retry as an error; what really fails is thrown to us.
      logger.debug({ kafka: entry.namespace, ...fields }, message);
    },
  });
}

/** Runs `task` with a connected admin client. Errors: UNREACHABLE naming the brokers. */
export async function withAdmin<T>(
  connection: KafkaConnection,
  clientId: string,
  task: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = createKafka(connection, clientId).admin({ retry: { retries: 3 } });
  try {
    await admin.connect();
  } catch (error) {
    throw kafkaUnreachable(connection, error);
  }
  try {
    return await task(admin);
  } finally {
    await admin.disconnect();
  }
}

/** The error for a cluster that does not answer. */
export function kafkaUnreachable(connection: KafkaConnection, cause: unknown): ConnectError {
  const brokers = connection.brokers.join(', ');
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConnectError('UNREACHABLE', `Kafka at ${brokers} is not reachable (${reason})`, {
    cause,
    details: { brokers: connection.brokers },
    hint: 'check kafka.brokers in connect.yaml and that the cluster runs',
  });
}
