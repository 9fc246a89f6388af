import { expect, test } from 'vitest';
import type { KafkaAdmin } from '../../../../core/kafka-admin.ts';
import { createRetentionGauge } from '../../../../operate/watch/retention.ts';
import { positions } from '../../../support/positions-stream.ts';

const HOUR = 3_600_000;

/** A topic of one partition whose record `n` was written n hours after the first; `now` hours have passed. */
function topic(
  now: number,
  settings: Readonly<Record<string, string>>,
): Pick<KafkaAdmin, 'topicSettings' | 'offsetsAt'> {
  return {
    topicSettings: async ([name = '']) => new Map([[name, settings]]),
    offsetsAt: async (_topic, time) => {
      const hours = Math.ceil((time.getTime() - Date.now()) / HOUR + now - 1e-6);
      return new Map([[0, BigInt(Math.max(0, hours))]]);
    },
  };
}

const gauge = (now: number, settings: Readonly<Record<string, string>>, committed: bigint, low = 0n, end = 200n) =>
  createRetentionGauge()(topic(now, settings) as KafkaAdmin, positions, [
    { partition: 0, low, end, committed, lag: end - committed },
  ]);

test('is what the oldest unread record has used up of the time', async () => {
  const settings = { 'retention.ms': String(100 * HOUR), 'retention.bytes': '-1' };
  expect(await gauge(100, settings, 60n)).toBe(0);
  expect(await gauge(100, settings, 40n)).toBe(0.5);
  expect(await gauge(100, settings, 15n)).toBe(0.8);
  expect(await gauge(100, settings, 2n)).toBe(0.95);
});

test('is nothing while nothing waits, and nothing where records are kept for ever', async () => {
  expect(await gauge(100, { 'retention.ms': String(100 * HOUR) }, 200n)).toBe(0);
  expect(await gauge(100, { 'retention.ms': '-1', 'retention.bytes': '-1' }, 0n)).toBe(0);
});

test('is how near the cut is, of a topic that Kafka cuts by its size', async () => {
  const settings = { 'retention.ms': '-1', 'retention.bytes': '1000000' };
  expect(await gauge(100, settings, 110n, 100n)).toBe(0.8);
  expect(await gauge(100, settings, 101n, 100n)).toBe(0.95);
  expect(await gauge(100, settings, 190n, 100n)).toBe(0);
  expect(await gauge(100, settings, 0n, 0n)).toBe(0);
});
