import { describe, expect, it, vi } from 'vitest';
import { createFeedPosition } from '../../../../producer/feed/position.ts';

/** How far an update may be ahead without a word. */
const REMARKABLE_LEAD = 10_000n;

describe('the position in a feed', () => {
  it('follows what the feed confirms, and never goes back', () => {
    const position = createFeedPosition(undefined);
    position.noticed(1_001n);
    position.noticed(995n);
    expect(position.slot).toBe(1_001n);
  });

  it('follows no update, near or far', () => {
    const position = createFeedPosition(1_000n);
    position.updated(1_001n);
    position.updated(3_900n);
    position.updated(2n ** 63n - 1n);
    expect(position.slot).toBe(1_000n);
  });

  it('is where a subscription began, so that a feed whose first notice is late has a place to resume from', () => {
    const position = createFeedPosition(undefined);
    position.subscribed(500n);
    position.updated(540n);
    expect(position.slot).toBe(500n);
  });

  it('does not go back to the overlap of a subscription', () => {
    const position = createFeedPosition(1_000n);
    position.subscribed(968n);
    expect(position.slot).toBe(1_000n);
  });

  it('is told of an update far ahead, once in so many slots', () => {
    const onLead = vi.fn();
    const position = createFeedPosition(1_000n, onLead);
    const far = 1_001n + REMARKABLE_LEAD;
    position.updated(far - 1n);
    expect(onLead).not.toHaveBeenCalled();
    position.updated(far);
    position.noticed(1_001n);
    position.updated(far + 1n);
    expect(onLead.mock.calls).toEqual([[far, 1_000n]]);
    position.noticed(far);
    position.updated(far + REMARKABLE_LEAD + 1n);
    expect(onLead).toHaveBeenCalledTimes(2);
  });

  it('knows an update of a slot that the subscription had gone on beyond, and tells of the first', () => {
    const onLate = vi.fn();
    const position = createFeedPosition(1_000n, undefined, onLate);
    position.subscribed(968n);
    expect(position.updated(970n)).toBe(false);
    position.noticed(971n);
    expect([position.updated(971n), position.updated(970n), position.updated(969n)]).toEqual([false, true, true]);
    expect(onLate.mock.calls).toEqual([[970n, 971n]]);
    position.subscribed(968n);
    expect(position.updated(968n)).toBe(false);
  });
});
