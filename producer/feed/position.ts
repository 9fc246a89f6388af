/**
 * How far an update's own slot may move the position by itself: about an hour of 400 ms slots. One update with a slot from
 * the far future would otherwise move the resume point past everything the feed has yet to send.
 */
const MAX_SLOT_JUMP = 10_000n;

/** The slot up to which the feed has been read. It never goes back. */
export interface FeedPosition {
  readonly slot: bigint | undefined;
  /** The feed has said, on connecting, that `latest` is its newest slot. */
  connected(latest: bigint): void;
  /** The feed has said that it has sent everything up to `slot`. */
  noticed(slot: bigint): void;
  /** An update of `slot` was accepted. A slot implausibly far ahead does not move the position; the feed's next notice will. */
  updated(slot: bigint): void;
}

/** `start` is the position so far: the last checkpoint. */
export function createFeedPosition(start: bigint | undefined): FeedPosition {
  let slot = start;
  let horizon = (start ?? 0n) + MAX_SLOT_JUMP;
  const extend = (plausible: bigint) => {
    if (plausible + MAX_SLOT_JUMP > horizon) horizon = plausible + MAX_SLOT_JUMP;
  };
  const moveTo = (next: bigint) => {
    if (slot !== undefined && next <= slot) return;
    slot = next;
    extend(next);
  };
  return {
    get slot() {
      return slot;
    },
    connected: extend,
    noticed: moveTo,
    updated(next) {
      if (next <= horizon) moveTo(next);
    },
  };
}
