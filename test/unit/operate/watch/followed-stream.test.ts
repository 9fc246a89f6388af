import { expect, test } from 'vitest';
import { createFollowedStream } from '../../../../operate/watch/followed-stream.ts';
import { positions } from '../../../support/positions-stream.ts';

const record = (offset: bigint, key: string, value: object | null, timestampMs = 1_000) => ({
  partition: 0,
  offset,
  key: Buffer.from(key),
  value: value === null ? null : Buffer.from(JSON.stringify(value)),
  timestampMs,
});
const checkpoint = (slot: string, at: string) => ({ slot, at, gaps: [] });
const claim = (ticket?: string) => ({ owner: 'alice', purpose: 'connect watch', at: 'now', ttlMs: 30_000, ticket });

test('a heartbeat that was there before is as old as its writer says; one that is written now is as old as we see', () => {
  const followed = createFollowedStream(positions);
  followed.begin(5n);
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString();
  followed.take(record(4n, 'positions', checkpoint('7', hourAgo)));
  expect(followed.heartbeat()?.slot).toBe(7n);
  expect(followed.heartbeat()?.ageSeconds(Date.now())).toBeCloseTo(3_600, 0);
  // The writer's clock is an hour behind.
  followed.take(record(5n, 'positions', checkpoint('8', hourAgo)));
  expect(followed.heartbeat()?.ageSeconds(Date.now())).toBeCloseTo(0, 0);
});

test('what is no checkpoint of this stream, or cannot be read, is no heartbeat', () => {
  const followed = createFollowedStream(positions);
  followed.take(record(0n, 'funding_payments', checkpoint('7', 'x')));
  followed.take({ ...record(1n, 'positions', {}), value: Buffer.from('{') });
  followed.take(record(2n, 'positions', null));
  expect(followed.heartbeat()).toBeUndefined();
});

test('renewals of months that nobody has read take the room of one', () => {
  const followed = createFollowedStream(positions);
  const read = followed.claims('lock/watch/');
  followed.take(record(0n, 'lock/watch/a', claim()));
  for (let offset = 1n; offset <= 1_000n; offset += 1n) followed.take(record(offset, 'lock/watch/a', claim('0')));
  followed.take(record(1_001n, 'lock/watch/b', null));
  followed.take(record(1_002n, 'lock/sink/c', claim()));
  expect(read()).toEqual([
    { id: 'a', offset: 1_000n, claim: claim('0') },
    { id: 'b', offset: 1_001n, claim: undefined },
  ]);
  expect(read()).toEqual([]);
});

test('marks about refused updates and dead-letter records are counted', () => {
  const followed = createFollowedStream(positions);
  followed.take(record(0n, 'discarded/x', { at: 'now' }));
  followed.take(record(1n, 'replayed/x', { state: 'sent' }));
  followed.take(record(2n, 'gap/0/1', {}));
  expect(followed.handledMarks()).toBe(2);
});
