import { expect, test } from 'vitest';
import { deletedMarks, deletedUpdates, unhandledDeleted } from '../../../../operate/dead-letters/deleted-updates.ts';
import { positions } from '../../../support/positions-stream.ts';

const first = new Map([[0, 10n]]);
const open = (handled: string[], discarded = new Map()) => unhandledDeleted(positions, first, discarded, handled);

test('what Kafka has deleted from the rejected topic is open, but for what somebody had handled', () => {
  expect(deletedUpdates(first)).toBe(10n);
  expect(open([])).toBe(10n);
  // Of another topic, of one that is still there, and one that was replayed and discarded.
  const handled = ['positions-0@3', 'positions.rejected-0@10', 'positions.rejected-0@4', 'positions.rejected-0@4'];
  expect(open(handled)).toBe(9n);
});

test('a word for all that is deleted holds until Kafka deletes more', () => {
  const word = { reason: 'a wrong feed', at: '2026-01-01T00:00:00.000Z' };
  const marks = deletedMarks(positions, new Map([[0, 7n]]), word);
  expect(marks).toEqual(new Map([['deleted-0', { of: 'positions.rejected-0@7', ...word }]]));
  expect(open([], marks)).toBe(3n);
  expect(open(['positions.rejected-0@8'], marks)).toBe(2n);
  expect(open([], deletedMarks(positions, first, word))).toBe(0n);
  expect(deletedMarks(positions, new Map([[0, 0n]]), word)).toEqual(new Map());
});
