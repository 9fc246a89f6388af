import { expect, test } from 'vitest';
import { createProgress } from '../../../../operate/watch/progress.ts';

const position = (partition: number, committed: bigint | undefined, end: bigint, low = 0n) => {
  const next = committed ?? low;
  return { partition, low, end, committed, lag: end - (next < low ? low : next) };
};

test('counts what is committed, not what was committed before or set back', () => {
  const look = createProgress().take;
  expect(look([position(0, 50n, 100n), position(1, undefined, 10n)], 0).committedRecords).toBe(0n);
  expect(look([position(0, 70n, 100n), position(1, 4n, 10n)], 1_000).committedRecords).toBe(24n);
  expect(look([position(0, 0n, 100n), position(1, 4n, 10n)], 2_000).committedRecords).toBe(24n);
  expect(look([position(0, 1n, 100n), position(1, 4n, 10n)], 3_000).committedRecords).toBe(25n);
});

test('tells how long records wait without a commit', () => {
  const look = createProgress().take;
  expect(look([position(0, 5n, 5n)], 0).commitAgeSeconds).toBe(0);
  expect(look([position(0, 5n, 9n)], 10_000).commitAgeSeconds).toBe(10);
  expect(look([position(0, 5n, 9n)], 70_000).commitAgeSeconds).toBe(70);
  expect(look([position(0, 6n, 9n)], 80_000).commitAgeSeconds).toBe(0);
  expect(look([position(0, 6n, 9n)], 90_000).commitAgeSeconds).toBe(10);
});

test('a partition that stands still shows, however much the others commit', () => {
  const look = createProgress().take;
  look([position(0, 0n, 9n), position(1, 0n, 1_000n)], 0);
  const { commitAgeSeconds } = look([position(0, 0n, 9n), position(1, 500n, 1_000n)], 60_000);
  expect(commitAgeSeconds).toBe(60);
  expect(look([position(0, 9n, 9n), position(1, 500n, 1_000n)], 70_000).commitAgeSeconds).toBe(10);
});

test('tells how long the oldest unread record has been there, by when it was first seen', () => {
  const look = createProgress().take;
  look([position(0, 10n, 10n)], 0);
  expect(look([position(0, 10n, 20n)], 10_000).oldestSeconds).toBe(0);
  expect(look([position(0, 10n, 30n)], 20_000).oldestSeconds).toBe(10);
  expect(look([position(0, 20n, 40n)], 30_000).oldestSeconds).toBe(10);
  expect(look([position(0, 40n, 40n)], 40_000).oldestSeconds).toBe(0);
});

test('an outage of hours is remembered in little room, and its age is not forgotten', () => {
  const look = createProgress().take;
  look([position(0, 0n, 0n)], 0);
  let last = 0;
  for (let minute = 1; minute <= 3_000; minute += 1)
    last = look([position(0, 0n, BigInt(minute))], minute * 60_000).oldestSeconds;
  expect(last).toBe(2_999 * 60);
});

test('records grow when more of them wait than ten minutes ago', () => {
  const look = createProgress().take;
  for (let at = 0; at < 600_000; at += 60_000) look([position(0, 0n, BigInt(at))], at);
  expect(look([position(0, 0n, 600_000n)], 600_000).isGrowing).toBe(true);
  expect(look([position(0, 600_000n, 600_001n)], 660_000).isGrowing).toBe(false);
});

test('a watch that comes after goes on from where the sink stood, if it still stands there', () => {
  const first = createProgress();
  first.take([position(0, 5n, 9n)], 0);
  const kept = JSON.parse(JSON.stringify(first.standstill()));
  const still = createProgress();
  still.take([position(0, 5n, 12n)], 300_000);
  still.resume(kept);
  expect(still.take([position(0, 5n, 12n)], 301_000).commitAgeSeconds).toBe(301);
  const moved = createProgress();
  moved.take([position(0, 6n, 12n)], 300_000);
  moved.resume(kept);
  expect(moved.take([position(0, 6n, 12n)], 301_000).commitAgeSeconds).toBe(1);
});
