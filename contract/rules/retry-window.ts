import { numberOf, urlParameters } from '../rendered-sink.ts';
import { sinkRule } from '../rule.ts';

/** What the driver waits for a connection when the URL does not say. */
const DRIVER_CONNECT_TIMEOUT_S = 10;

export const retryWindow = sinkRule({
  id: 'RETRY_WINDOW',
  what: 'All tries of a flush, with their delays and connect time-outs, end within max.poll.interval.ms.',
  why: 'The group takes the partitions away in the middle of an outage, and the batch is written by two tasks in turn.',
  *check({ config, at }) {
    const retries = numberOf(config['flush.max.retries'], 5);
    const delayMs = numberOf(config['flush.retry.delay.ms'], 1_000);
    const connectS = numberOf(
      urlParameters(config['connection.url'] ?? '').get('connectTimeout'),
      DRIVER_CONNECT_TIMEOUT_S,
    );
    const windowMs = retries * (delayMs + connectS * 1_000);
    const intervalMs = numberOf(config['consumer.override.max.poll.interval.ms'], 300_000);
    if (windowMs < intervalMs) return;
    yield {
      ...at('flush.max.retries', 'flush.retry.delay.ms', 'consumer.override.max.poll.interval.ms', 'connection.url'),
      message: `${retries} retries of ${delayMs} ms and ${connectS} s to connect take ${windowMs / 1000} s, but max.poll.interval.ms is ${intervalMs / 1000} s`,
      remedy: 'fewer or shorter retries, or a longer consumer.override.max.poll.interval.ms',
    };
  },
});
