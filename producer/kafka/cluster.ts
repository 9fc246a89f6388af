import { ConnectError } from '../../core/errors.ts';
import { brokerLabel, type KafkaConnection, withAdmin } from '../../core/kafka.ts';
import { connectProducer, type OutgoingMessage } from '../../core/kafka-producer.ts';
import type { Logger } from '../../core/log.ts';

/** Records by topic. */
export type SendRequest = ReadonlyMap<string, readonly OutgoingMessage[]>;

/** What the sender asks of a Kafka cluster. */
export type Cluster = ReturnType<typeof createCluster>;

interface ClusterOptions {
  readonly connection: KafkaConnection;
  readonly clientId: string;
  readonly compression: 'none' | 'gzip';
  readonly logger: Logger;
}

/** The cluster through the Kafka client. */
export function createCluster({ connection, clientId, compression, logger }: ClusterOptions) {
  const label = brokerLabel(connection);
  const retry = { initialRetryTime: 100, maxRetryTime: 2_000, retries: 4 };
  return {
    /** For messages. */
    label,
    /** How many partitions each topic has. Errors: UNREACHABLE naming the brokers, NOT_FOUND naming the topics that do not exist, REFUSED for those that the login may not see. */
    partitions: (topics: readonly string[]) =>
      withAdmin(connection, clientId, async (admin) => {
        const existing = await admin.listTopics();
        const absent = topics.filter((topic) => !existing.has(topic));
        if (absent.length > 0) {
          await admin.requireVisible(absent);
          throw new ConnectError('NOT_FOUND', `Kafka at ${label} has no topic ${absent.join(', ')}`, {
            details: { topics: absent },
            hint: 'run `connect deploy`, which creates the topics of a stream',
          });
        }
        const placements = await admin.placements(topics);
        return new Map([...placements].map(([topic, partitions]) => [topic, partitions.length]));
      }),
    /** By topic and partition, where the records of these topics end now. Errors: UNREACHABLE, REFUSED. */
    ends: (topics: readonly string[]) =>
      withAdmin(connection, clientId, async (admin) => {
        const ranges = await Promise.all(topics.map(async (topic) => [topic, await admin.rangesOf(topic)] as const));
        return new Map(ranges.map(([topic, partitions]) => [topic, partitions.map(({ high }) => high)]));
      }),
    /** A producer with a new id. It repeats what fails quickly. Errors: UNREACHABLE, REFUSED. */
    connect: () => connectProducer(connection, { clientId, compression, logger, retry }),
  };
}
