import { expect, test } from 'vitest';
import { createSlotTimes, type SlotTimes } from '../../../../producer/record/slot-times.ts';
import { positionSchema } from '../../../support/position-feed.ts';

const times = () => createSlotTimes(positionSchema) as SlotTimes;
const at = (ms: number) => ({ block_time: new Date(ms) });
const iso = (ms: number) => new Date(ms).toISOString();

test('the newest time before a slot is that of the slots before it, and goes on counting', () => {
  const seen = times();
  seen.note(5n, at(50_000));
  seen.note(5n, at(49_000));
  seen.note(6n, at(60_000));
  seen.note(7n, at(59_000));
  expect(seen.before(5n)).toBeUndefined();
  expect(seen.before(6n)).toBe(iso(50_000));
  expect(seen.before(7n)).toBe(iso(60_000));
  expect(seen.before(8n)).toBe(iso(60_000));
  expect(seen.before(9n)).toBe(iso(60_000));
});

test('thousands of slots without a checkpoint take the room of a thousand', () => {
  const seen = times();
  for (let slot = 1n; slot <= 5_000n; slot += 1n) seen.note(slot, at(Number(slot)));
  expect(seen.before(4_990n)).toBe(iso(4_989));
});

test('a schema with two times, or none, does not tell when an update was', () => {
  const [time] = positionSchema.fields.filter(({ name }) => name === 'block_time');
  expect(time).toBeDefined();
  expect(createSlotTimes({ fields: [] })).toBeUndefined();
  expect(createSlotTimes({ fields: [time, { ...time, name: 'other' }] as never })).toBeUndefined();
});
