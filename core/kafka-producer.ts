import type { CompressionTypes, Message } from 'kafkajs';
import { createKafka, type KafkaConnection, kafkaUnreachable } from './kafka.ts';
import type { RecordHeaders } from './kafka-headers.ts';
import type { Logger } from './log.ts';

/** A record for one partition. */
export interface OutgoingMessage {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: RecordHeaders | undefined;
  /** Milliseconds since the epoch, in digits. Default: when it is sent. */
  readonly timestamp?: string | undefined;
}

/** What a broker has taken of a request. */
export interface Acknowledgement {
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first record; the others follow it. */
  readonly baseOffset: bigint;
}

/** One producer id at the brokers: a request is written once, however often the client has to repeat it. */
export interface KafkaProducer {
  /** Resolves once every in-sync replica has the records. Errors: those of the client, as it throws them. */
  send(request: ReadonlyMap<string, readonly OutgoingMessage[]>): Promise<readonly Acknowledgement[]>;
  disconnect(): Promise<void>;
}

export interface ProducerOptions {
  readonly clientId: string;
  readonly compression?: 'none' | 'gzip' | undefined;
  readonly logger?: Logger | undefined;
  /** How the client itself repeats a request. Times in milliseconds. */
  readonly retry?: { readonly initialRetryTime: number; readonly maxRetryTime: number; readonly retries: number };
}

/** Kafka's numbers. kafkajs compresses with gzip by itself; other codecs would need native packages. */
const CODECS: Readonly<Record<'none' | 'gzip', CompressionTypes>> = { none: 0, gzip: 1 };

/** A producer that is connected; it sends one request at a time. Errors: those of `kafkaUnreachable`. */
export async function connectProducer(connection: KafkaConnection, options: ProducerOptions): Promise<KafkaProducer> {
  const { clientId, compression = 'none', logger, retry } = options;
  const producer = createKafka(connection, clientId, logger).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
    ...(retry === undefined ? {} : { retry }),
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
      // kafkajs changes none of the records; its types only do not say so.
      const topicMessages = [...request].map(([topic, messages]) => ({ topic, messages: messages as Message[] }));
      const answers = await producer.sendBatch({ acks: -1, compression: CODECS[compression], topicMessages });
      return answers.map(({ topicName: topic, partition, baseOffset = '-1' }) => ({
        topic,
        partition,
        baseOffset: BigInt(baseOffset),
      }));
    },
  };
}
