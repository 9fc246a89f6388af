import { expect, test } from 'vitest';
import { createFeedPosition } from '../../../../producer/feed/position.ts';
import { boundAt, requireSlots } from '../../../../producer/feed/until-slot.ts';

test('a run ends once the feed has gone on beyond its slot, and its position stays right behind it', () => {
  const position = createFeedPosition(90n);
  const bound = boundAt(100n, position, 'slot');
  position.noticed(100n);
  expect([bound.isReached(), bound.position.slot]).toEqual([false, 100n]);
  position.noticed(107n);
  expect([bound.isReached(), bound.position.slot]).toEqual([true, 101n]);
});

test('an update of a later slot is left to the next run; one that says a wrong slot, or none, is not', () => {
  const { isBeyond } = boundAt(100n, createFeedPosition(90n), 'at.slot');
  const beyond = (slot: unknown) => isBeyond({ at: { slot } });
  expect([beyond(100n), beyond(101n), beyond('102'), beyond(100_000n), beyond(undefined)]).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
});

test('only the part of a gap counts that the run should have read', () => {
  const { within } = boundAt(100n, createFeedPosition(undefined), 'slot');
  expect(within({ from: 95n, to: 120n })).toEqual({ from: 95n, to: 100n });
  expect(within({ from: 5n, to: 6n })).toEqual({ from: 5n, to: 6n });
  expect(within({ from: 101n, to: 120n })).toBeUndefined();
});

test('a feed without slots has none to end at', () => {
  expect(() => requireSlots('tape', 'slot')).not.toThrow();
  expect(() => requireSlots('tape', 'cursor')).toThrow(/no slots to end at: .* kind cursor/);
});
