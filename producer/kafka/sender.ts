import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError, messageOf, rootCause } from '../../core/errors.ts';
import type { Acknowledgement, OutgoingMessage } from '../../core/kafka-producer.ts';
import type { Logger } from '../../core/log.ts';
import { backoffMs } from '../../core/retry.ts';
import type { Cluster, SendRequest } from './cluster.ts';
import { createOutageLog } from './outage-log.ts';
import type { OutgoingRecord } from './outgoing-record.ts';
import { partitionOf } from './partition.ts';
import { classifySendFailure, isWrongClock } from './send-failure.ts';
import { createWrittenEnds } from './written-ends.ts';

/** Brings records into Kafka and keeps trying until the brokers have them. */
export type KafkaSender = Awaited<ReturnType<typeof createKafkaSender>>;

interface KafkaSenderOptions {
  readonly cluster: Cluster;
  /** The topics of the records to come; they must exist. */
  readonly topics: readonly string[];
  readonly logger: Logger;
  /** How often the sender asks whether a topic has grown. Default 30 s. */
  readonly lookEveryMs?: number | undefined;
}

/** After so many failures in a row the connection itself is suspect, and a new producer takes over. */
const RENEW_AFTER_FAILURES = 3;
const CLOSE_TIMEOUT_MS = 5_000;
const BACKOFF = { baseMs: 200, maxMs: 5_000 };

/** Connects. Errors: those of the cluster. */
export async function createKafkaSender({ cluster, topics, logger, lookEveryMs = 30_000 }: KafkaSenderOptions) {
  let partitions = await cluster.partitions(topics);
  const written = createWrittenEnds(await cluster.ends(topics));
  const stop = new AbortController();
  let producer = await cluster.connect();
  let keyless = 0;
  let last: Promise<void> = Promise.resolve();

  const place = (records: readonly OutgoingRecord[]): SendRequest => {
    const request = new Map<string, OutgoingMessage[]>();
    for (const { topic, key, value, headers } of records) {
      const count = partitions.get(topic) ?? 1;
      const partition = key === null ? (keyless++ & 0x7fffffff) % count : partitionOf(key, count);
      const message = { key, value, partition, headers };
      const messages = request.get(topic);
      if (messages === undefined) request.set(topic, [message]);
      else messages.push(message);
    }
    return request;
  };

  const renew = async () => {
    const old = producer;
    producer = await cluster.connect();
    await old.disconnect();
  };

  /** A topic that has grown: what is under way is finished first. A new producer is needed, because it knows the new partitions. */
  const look = async (): Promise<void> => {
    const found = await cluster.partitions(topics).catch(() => partitions);
    const grown = [...found].filter(([topic, count]) => count > (partitions.get(topic) ?? 1));
    if (grown.length === 0 || stop.signal.aborted) return;
    const switched = last.then(async () => {
      await renew();
      partitions = found;
      for (const [topic, count] of grown)
        logger.warn({ topic, partitions: count }, 'the topic has grown; using all partitions');
    });
    // A connection that fails now is tried again at the next look.
    last = switched.catch(() => {});
    await last;
  };
  let looking: NodeJS.Timeout | undefined;
  const lookLater = () => {
    if (!stop.signal.aborted) looking = setTimeout(() => void look().finally(lookLater), lookEveryMs).unref();
  };
  lookLater();

  const deliver = async (records: readonly OutgoingRecord[]): Promise<void> => {
    let missing = place(records);
    const outage = createOutageLog(cluster.label, logger);
    for (let failures = 0; ; ) {
      if (stop.signal.aborted) throw interrupted(records.length);
      try {
        // A request that failed is repeated unchanged, so that the broker recognises what it already has.
        const answers = await unlessAborted(producer.send(missing), stop.signal);
        written.take(missing, answers);
        missing = notAnswered(missing, answers);
        if (missing.size === 0) {
          outage.over();
          return;
        }
        logger.warn({ topics: [...missing.keys()] }, 'partitions moved during a send; sending their records again');
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
    /**
     * Resolves once the brokers hold all records. Calls run one after the other, never at the same time.
     * Errors: REFUSED when repeating would change nothing, INTERRUPTED after `abort`.
     */
    send(records: readonly OutgoingRecord[]): Promise<void> {
      const next = last.then(() => deliver(records));
      last = next.catch(() => {});
      return next;
    },
    /** Over how many partitions of the topic the next records are spread. */
    partitions: (topic: string) => partitions.get(topic) ?? 1,
    /** By partition of a topic, the offset behind the last record that may be ours; undefined while a broker has not said where one stands. */
    ends: written.of,
    /** Makes sends under way and later ones give up. Their records are not acknowledged. */
    abort: () => stop.abort(),
    /** Aborts, then disconnects. */
    async close(): Promise<void> {
      stop.abort();
      clearTimeout(looking);
      await last;
      // kafkajs waits for the answers that a stalled broker owes it. Nobody needs them any more.
      await Promise.race([producer.disconnect(), sleep(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
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

/**
 * The records that no broker has answered for. When kafkajs repeats a request, it skips every broker that has already
 * answered; a partition that has moved to such a broker meanwhile would count as sent.
 */
function notAnswered(sent: SendRequest, answers: readonly Acknowledgement[]): SendRequest {
  const answered = new Set(answers.map(({ topic, partition }) => `${topic}/${partition}`));
  const missing = new Map<string, OutgoingMessage[]>();
  for (const [topic, messages] of sent) {
    const left = messages.filter(({ partition }) => !answered.has(`${topic}/${partition}`));
    if (left.length > 0) missing.set(topic, left);
  }
  return missing;
}

function refused(records: readonly OutgoingRecord[], cause: unknown): ConnectError {
  const topics = [...new Set(records.map(({ topic }) => topic))];
  const why = messageOf(rootCause(cause));
  const message = `Kafka refused records for ${topics.join(', ')}: ${why}`;
  if (isWrongClock(cause)) {
    const clock = new Date().toISOString();
    return new ConnectError('REFUSED', `${message}; the clock of this machine says ${clock}`, {
      cause,
      details: { topics, clock },
      hint: 'compare this clock with those of the brokers (`connect doctor`), and see message.timestamp.after.max.ms and message.timestamp.before.max.ms of the topics; nothing is lost: the next start reads the updates again',
    });
  }
  return new ConnectError('REFUSED', message, {
    cause,
    details: { topics },
    hint: 'check the topic settings (max.message.bytes) and the rights of this producer (`connect acl --role producer`)',
  });
}

const interrupted = (records: number): ConnectError =>
  new ConnectError('INTERRUPTED', `gave up sending ${records} records that Kafka did not acknowledge`, {
    hint: 'nothing is lost: the next start reads them again from the feed',
  });
