import { describe, expect, it } from 'vitest';
import { createFeedPosition } from '../../../../producer/feed/position.ts';

/** How far an update's own slot may move the position. */
const MAX_SLOT_JUMP = 10_000n;

describe('the position in a feed', () => {
  it('follows updates and notices and never goes back', () => {
    const position = createFeedPosition(undefined);
    position.connected(1_000n);
    position.updated(990n);
    expect(position.slot).toBe(990n);
    position.noticed(1_001n);
    position.updated(3n);
    position.noticed(995n);
    expect(position.slot).toBe(1_001n);
  });

  it('does not follow one update into the far future', () => {
    const position = createFeedPosition(1_000n);
    position.connected(1_000n);
    position.updated(2n ** 63n - 1n);
    expect(position.slot).toBe(1_000n);
    position.updated(1_001n);
    expect(position.slot).toBe(1_001n);
  });

  it("follows a far jump once the feed's notices have made it", () => {
    const position = createFeedPosition(1_000n);
    position.noticed(1_000_000n);
    position.updated(1_000_000n + MAX_SLOT_JUMP);
    expect(position.slot).toBe(1_000_000n + MAX_SLOT_JUMP);
  });

  it('takes the newest slot of a feed it has connected to as a measure, not as a place', () => {
    const position = createFeedPosition(undefined);
    position.connected(300_000_000n);
    expect(position.slot).toBeUndefined();
    position.updated(299_999_999n);
    expect(position.slot).toBe(299_999_999n);
  });
});
