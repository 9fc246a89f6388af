import { urlParameters } from '../rendered-sink.ts';
import type { Rule } from '../rule.ts';

/** What the driver waits for a connection when the URL does not say. */
const DRIVER_CONNECT_TIMEOUT_S = 10;

export const retryWindow: Rule = {
  id: 'RETRY_WINDOW',
  what: 'All tries of a flush, with their delays and connect time-outs, end within max.poll.interval.ms.',
  why: 'The group takes the partitions away in the middle of an outage, and the batch is written by two tasks in turn.',
  *check({ sinks }) {
    for (const sink of sinks) {
      const { config } = sink;
      const retries = numberOf(config['flush.max.retries'], 5);
      const delayMs = numberOf(config['flush.retry.delay.ms'], 1_000);
      const connectS = numberOf(
        urlParameters(config['connection.url'] ?? '').get('connectTimeout'),
        DRIVER_CONNECT_TIMEOUT_S,
      );
      const windowMs = retries * (delayMs + connectS * 1_000);
      const intervalMs = numberOf(config['consumer.override.max.poll.interval.ms'], 300_000);
      if (windowMs < intervalMs) continue;
      const keys = [
        'flush.max.retries',
        'flush.retry.delay.ms',
        'consumer.override.max.poll.interval.ms',
        'connection.url',
      ];
      const [first, ...rest] = keys.map((key) => sink.placeOf(key));
      if (first === undefined) continue;
      yield {
        path: `${sink.connector}.flush.max.retries`,
        places: [first, ...rest],
        message: `${retries} retries of ${delayMs} ms and ${connectS} s to connect take ${windowMs / 1000} s, but max.poll.interval.ms is ${intervalMs / 1000} s`,
        remedy: 'fewer or shorter retries, or a longer consumer.override.max.poll.interval.ms',
      };
    }
  },
};

const numberOf = (text: string | undefined, fallback: number): number =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : fallback;
