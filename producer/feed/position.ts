/** How far updates may run ahead of the feed's notices before that is worth a word: about an hour of 400 ms slots. */
const REMARKABLE_LEAD = 10_000n;

/**
 * The slot up to which the feed has been read. It never goes back. Only what the feed has said of itself moves it: an update's own
 * slot can be wrong, and would move the resume point past updates that nobody has read.
 */
export type FeedPosition = ReturnType<typeof createFeedPosition>;

/**
 * `start` is the position so far: the last checkpoint. `onLead` hears, at most once in so many slots, that an update is far ahead
 * of the position: its slot is wrong, or the feed sends no slot notices. `onLate` hears of the first update of a slot that the feed had gone on beyond.
 */
export function createFeedPosition(
  start: bigint | undefined,
  onLead: (updated: bigint, position: bigint) => void = () => {},
  onLate: (updated: bigint, sent: bigint) => void = () => {},
) {
  let slot = start;
  /** An update beyond this slot is worth a word. */
  let remarkable = (start ?? 0n) + REMARKABLE_LEAD;
  let toldUntil = 0n;
  /** What the subscription under way has said that it has sent. */
  let sent = -1n;
  let isLateTold = false;
  const moveTo = (next: bigint) => {
    if (slot !== undefined && next <= slot) return;
    slot = next;
    remarkable = next + REMARKABLE_LEAD;
  };
  return {
    get slot(): bigint | undefined {
      return slot;
    },
    /** The feed sends everything from a slot on: what lies before has been read, or was left out by choice. */
    subscribed(next: bigint): void {
      sent = -1n;
      moveTo(next);
    },
    /** The feed has said that it has sent everything up to a slot. */
    noticed(next: bigint): void {
      if (next > sent) sent = next;
      moveTo(next);
    },
    /** An update of this slot was accepted. It moves nothing. Returns whether it is late: the feed had gone on beyond its slot. */
    updated(next: bigint): boolean {
      if (next < sent) {
        if (!isLateTold) onLate(next, sent);
        isLateTold = true;
        return true;
      }
      if (next <= remarkable || slot === undefined || slot < toldUntil) return false;
      toldUntil = remarkable;
      onLead(next, slot);
      return false;
    },
  };
}
