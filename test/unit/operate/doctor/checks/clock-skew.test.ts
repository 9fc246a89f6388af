import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { postgresClock, workerClock } from '../../../../../operate/doctor/checks/clock-skew.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The time of a clock that is `skewMs` ahead of ours, by an answer that takes `2 * errorMs`. */
function askedTime(skewMs: number, errorMs: number): number {
  const now = Date.now() + errorMs + skewMs;
  vi.setSystemTime(Date.now() + 2 * errorMs);
  return now;
}

test.each([
  [0, 0, 'ok'],
  [2_500, 600, 'ok'],
  [-2_700, 600, 'warning'],
  [301_000, 500, 'broken'],
])('a clock of PostgreSQL that is %i ms off, measured to %i ms: %s', async (skewMs, errorMs, verdict) => {
  const query = async <Row extends object>() => [{ now: String(askedTime(skewMs, errorMs)) }] as unknown as Row[];
  expect(await postgresClock.run({ query })).toMatchObject([{ verdict, subject: 'PostgreSQL' }]);
});

test.each([
  [1_900, 'ok'],
  [4_000, 'warning'],
])('a clock of the worker that is %i ms ahead: %s', async (skewMs, verdict) => {
  const workerDate = async () => new Date(Math.floor(askedTime(skewMs, 0) / 1_000) * 1_000);
  expect(await workerClock.run({ workerDate })).toMatchObject([{ verdict, subject: 'Kafka Connect' }]);
});

test('a worker that does not say its time is left out', async () => {
  expect(await workerClock.run({ workerDate: async () => undefined })).toEqual([]);
});
