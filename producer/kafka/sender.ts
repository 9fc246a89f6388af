import { setTimeout as sleep } from 'node:timers/promises';
import type { CompressionTypes, Producer, TopicMessages } from 'kafkajs';
import { ConnectError, rootCause } from '../../core/errors.ts';
import { brokerLabel, createKafka, type KafkaConnection, kafkaUnreachable, withAdmin } from '../../core/kafka.ts';
import type { Logger } from '../../core/log.ts';
import { backoffMs } from '../../core/retry.ts';
import { createOutageLog } from './outage-log.ts';
import type { OutgoingRecord } from './outgoing-record.ts';
import { partitionOf } from './partition.ts';
import { classifySendFailure } from './send-failure.ts';

/** Brings records into Kafka and keeps trying until the broker has them. */
export interface KafkaSender {
  /**
   * Resolves once the broker holds all records. Calls run one after the other, never at the same time.
   * Errors: REFUSED when repeating would change nothing, INTERRUPTED after `abort`.
   */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Makes sends under way and later ones give up; what they were to send is not acknowledged. */
  abort(): void;
  /** Aborts, then disconnects. */
  close(): Promise<void>;
}

export interface KafkaSenderOptions {
  readonly connection: KafkaConnection;
  readonly clientId: string;
  /** Topics that will be sent to; they must exist. */
  readonly topics: readonly string[];
  readonly compression?: 'none' | 'gzip';
  readonly logger: Logger;
}

/** After so many failures in a row the connection itself is suspect, and a new producer takes over. */
const RENEW_AFTER_FAILURES = 3;
const CLOSE_TIMEOUT_MS = 5_000;
const BACKOFF = { baseMs: 200, maxMs: 5_000 };

/** Kafka's numbers. kafkajs compresses with gzip by itself; other codecs would need native packages. */
const CODECS: Readonly<Record<'none' | 'gzip', CompressionTypes>> = { none: 0, gzip: 1 };

export type Message = TopicMessages['messages'][number] & { readonly partition: number };

/** Connects. Errors: UNREACHABLE naming the brokers, NOT_FOUND naming the topics that do not exist. */
export async function createKafkaSender(options: KafkaSenderOptions): Promise<KafkaSender> {
  const partitions = await partitionCounts(options);
  const compression = CODECS[options.compression ?? 'none'];
  const stop = new AbortController();
  let producer = await connectProducer(options);
  let keyless = 0;
  let last: Promise<void> = Promise.resolve();

  const assign = (records: readonly OutgoingRecord[]): Map<string, Message[]> => {
    const byTopic = new Map<string, Message[]>();
    for (const { topic, key, value, headers } of records) {
      const count = partitions.get(topic) ?? 1;
      const partition = key === null ? (keyless++ & 0x7fffffff) % count : partitionOf(key, count);
      const message =
        headers === undefined ? { key, value, partition } : { key, value, partition, headers: { ...headers } };
      const messages = byTopic.get(topic);
      if (messages === undefined) byTopic.set(topic, [message]);
      else messages.push(message);
    }
    return byTopic;
  };

  const renew = async () => {
    const old = producer;
    producer = await connectProducer(options);
    await old.disconnect().catch(() => {});
  };

  const deliver = async (records: readonly OutgoingRecord[]): Promise<void> => {
    let missing = assign(records);
    const outage = createOutageLog(brokerLabel(options.connection), options.logger);
    for (let failures = 0; ; ) {
      if (stop.signal.aborted) throw interrupted(records.length);
      try {
        // A request that failed is repeated unchanged, so that the broker recognises what it already has.
        missing = notAnswered(missing, await unlessAborted(sendOnce(producer, missing, compression), stop.signal));
        if (missing.size === 0) {
          outage.over();
          return;
        }
        options.logger.warn(
          { topics: [...missing.keys()] },
          'partitions moved during a send; sending their records again',
        );
      } catch (error) {
        if (stop.signal.aborted) throw interrupted(records.length);
        failures += 1;
        const kind = classifySendFailure(error);
        if (kind === 'fatal' || (kind === 'split' && records.length === 1)) throw refused(records, error);
        outage.failed(error, failures);
        await sleep(backoffMs(failures, BACKOFF), undefined, { signal: stop.signal }).catch(() => {});
        if (kind !== 'retry' || failures % RENEW_AFTER_FAILURES === 0) {
          await unlessAborted(renew(), stop.signal).catch((cause: unknown) => outage.failed(cause, failures));
        }
        if (kind === 'split') {
          const half = records.length >> 1;
          await deliver(records.slice(0, half));
          return deliver(records.slice(half));
        }
      }
    }
  };

  return {
    send(records) {
      const next = last.then(() => deliver(records));
      last = next.catch(() => {});
      return next;
    },
    abort: () => stop.abort(),
    async close() {
      stop.abort();
      await last;
      // kafkajs waits for answers that a stalled broker owes it; those do not matter any more.
      const patience = sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false });
      await Promise.race([producer.disconnect().catch(() => {}), patience]);
    },
  };
}

/** Does not wait for a request that may take its full time-out to fail. */
async function unlessAborted<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([task, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** One try by kafkajs, which repeats quick failures itself. Returns the partitions that the brokers answered for. */
async function sendOnce(
  producer: Producer,
  byTopic: ReadonlyMap<string, Message[]>,
  compression: CompressionTypes,
): Promise<ReadonlySet<string>> {
  const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
  const answers = await producer.sendBatch({ acks: -1, compression, topicMessages });
  return new Set(answers.map(({ topicName, partition }) => `${topicName}/${partition}`));
}

/**
 * What no broker has answered for. kafkajs skips, on a retry, every broker that has already answered; a partition that
 * moved to such a broker meanwhile would be taken for sent.
 */
export function notAnswered(
  sent: ReadonlyMap<string, Message[]>,
  answered: ReadonlySet<string>,
): Map<string, Message[]> {
  const missing = new Map<string, Message[]>();
  for (const [topic, messages] of sent) {
    const left = messages.filter(({ partition }) => !answered.has(`${topic}/${partition}`));
    if (left.length > 0) missing.set(topic, left);
  }
  return missing;
}

async function connectProducer({ connection, clientId, logger }: KafkaSenderOptions): Promise<Producer> {
  const producer = createKafka(connection, clientId, logger).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    // Partitions are chosen before, because kafkajs must be checked for having sent to each of them.
    createPartitioner: () => (args) => (args.message as Message).partition,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 4 },
  });
  try {
    await producer.connect();
  } catch (error) {
    await producer.disconnect().catch(() => {});
    throw kafkaUnreachable(connection, error);
  }
  return producer;
}

async function partitionCounts({ connection, clientId, topics }: KafkaSenderOptions): Promise<Map<string, number>> {
  return withAdmin(connection, clientId, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const absent = topics.filter((topic) => !existing.has(topic));
    if (absent.length > 0) {
      throw new ConnectError('NOT_FOUND', `Kafka at ${brokerLabel(connection)} has no topic ${absent.join(', ')}`, {
        details: { topics: absent },
        hint: 'run `connect deploy`, which creates the topics of a stream',
      });
    }
    const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
    return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
  });
}

function refused(records: readonly OutgoingRecord[], cause: unknown): ConnectError {
  const topics = [...new Set(records.map(({ topic }) => topic))];
  const reason = rootCause(cause);
  const why = reason instanceof Error ? reason.message : String(reason);
  return new ConnectError('REFUSED', `Kafka refused records for ${topics.join(', ')}: ${why}`, {
    cause,
    details: { topics },
    hint: 'check the topic settings (max.message.bytes) and the rights of this producer',
  });
}

const interrupted = (records: number): ConnectError =>
  new ConnectError('INTERRUPTED', `gave up sending ${records} records that Kafka did not acknowledge`, {
    hint: 'nothing is lost: the next start reads them again from the feed',
  });
