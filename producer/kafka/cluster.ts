import type { CompressionTypes, TopicMessages } from 'kafkajs';
import { ConnectError } from '../../core/errors.ts';
import { brokerLabel, createKafka, type KafkaConnection, kafkaUnreachable, withAdmin } from '../../core/kafka.ts';
import type { Logger } from '../../core/log.ts';

/** A record of a request, with the partition that it goes to. */
export type PlacedMessage = TopicMessages['messages'][number] & { readonly partition: number };

/** Records by topic. */
export type SendRequest = ReadonlyMap<string, PlacedMessage[]>;

/** One producer id at the brokers. */
export interface ClusterProducer {
  /** Sends once; quick failures are repeated. Returns the partitions that brokers acknowledged, as `topic/partition`. */
  send(request: SendRequest): Promise<ReadonlySet<string>>;
  disconnect(): Promise<void>;
}

/** What the sender asks of a Kafka cluster. */
export interface Cluster {
  /** For messages. */
  readonly label: string;
  /** How many partitions each topic has. Errors: UNREACHABLE naming the brokers, NOT_FOUND naming the topics that do not exist. */
  partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** A producer with a new id. Errors: UNREACHABLE, REFUSED. */
  connect(): Promise<ClusterProducer>;
}

interface ClusterOptions {
  readonly connection: KafkaConnection;
  readonly clientId: string;
  readonly compression: 'none' | 'gzip';
  readonly logger: Logger;
}

/** Kafka's numbers. kafkajs compresses with gzip by itself; other codecs would need native packages. */
const CODECS: Readonly<Record<'none' | 'gzip', CompressionTypes>> = { none: 0, gzip: 1 };

/** The cluster through kafkajs. */
export function createCluster({ connection, clientId, compression, logger }: ClusterOptions): Cluster {
  const label = brokerLabel(connection);
  return {
    label,
    partitions: (topics) =>
      withAdmin(connection, clientId, async (admin) => {
        const existing = new Set(await admin.listTopics());
        const absent = topics.filter((topic) => !existing.has(topic));
        if (absent.length > 0) {
          throw new ConnectError('NOT_FOUND', `Kafka at ${label} has no topic ${absent.join(', ')}`, {
            details: { topics: absent },
            hint: 'run `connect deploy`, which creates the topics of a stream',
          });
        }
        const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
        return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
      }),
    async connect() {
      const producer = createKafka(connection, clientId, logger).producer({
        idempotent: true,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        // The sender chooses partitions itself, because it must check that kafkajs has sent to each of them.
        createPartitioner: () => (args) => (args.message as PlacedMessage).partition,
        retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 4 },
      });
      const disconnect = () => producer.disconnect().catch(() => {});
      try {
        await producer.connect();
      } catch (error) {
        await disconnect();
        throw kafkaUnreachable(connection, error);
      }
      return {
        disconnect,
        async send(request) {
          const topicMessages = [...request].map(([topic, messages]) => ({ topic, messages }));
          const answers = await producer.sendBatch({ acks: -1, compression: CODECS[compression], topicMessages });
          return new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
        },
      };
    },
  };
}
