import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import '../../../core/kafka.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js');

/** A queue of a connection that takes one request at a time, and what it has sent. */
function queue() {
  const sent: number[] = [];
  const logger = { namespace: () => logger, debug() {} };
  const one = new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 30_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'broker:9092',
    logger,
    isConnected: () => true,
  });
  const push = (correlationId: number) =>
    one.push({
      entry: { correlationId, apiKey: 3, apiName: 'Metadata', apiVersion: 0, resolve() {}, reject() {} },
      expectResponse: true,
      sendRequest: () => void sent.push(correlationId),
    });
  const answer = (correlationId: number) =>
    one.fulfillRequest({ correlationId, payload: { clientSideThrottleTime: 0 }, size: 0 });
  return { one, push, answer, sent };
}

test('a connection of kafkajs at which no request waits sets no timer', () => {
  const { push, answer, sent } = queue();
  push(1);
  answer(1);
  expect(sent).toEqual([1]);
  vi.advanceTimersByTime(1_000);
  expect(vi.getTimerCount()).toBe(0);
});

test('a request that waits is sent once the one before is answered, or a throttle is over', () => {
  const { one, push, answer, sent } = queue();
  push(1);
  push(2);
  expect(sent).toEqual([1]);
  answer(1);
  vi.advanceTimersByTime(20);
  expect(sent).toEqual([1, 2]);
  answer(2);
  one.maybeThrottle(500);
  push(3);
  vi.advanceTimersByTime(400);
  expect(sent).toEqual([1, 2]);
  vi.advanceTimersByTime(200);
  expect(sent).toEqual([1, 2, 3]);
});
