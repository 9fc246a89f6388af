import { ConnectError } from '../../../core/errors.ts';
import { wholeOf, wholeText } from '../long.ts';
import type { MethodPosition, PositionStart } from './position-kind.ts';
import { missingPosition, sentAt } from './sent-position.ts';

/** An update this far ahead of the others has a wrong slot, unless a second one says the same. */
const FAR = 10_000n;
const MOST = 2n ** 63n - 1n;

interface SlotStart extends Omit<PositionStart, 'place' | 'onReset'> {
  readonly place: bigint | undefined;
}

/**
 * A slot is complete when an update of a later one has come: until then the feed is asked from that slot on again, itself included. The
 * slot of a single update is not believed when it lies far ahead: it would move the resume point past updates that nobody has read.
 */
export function createSlotPosition(stream: string, field: string, start: SlotStart): MethodPosition {
  const { fromSlot, acceptGap, onGap, onLead } = start;
  const steps = field.split('.');
  let slot = fromSlot ?? start.place;
  /** Whether an update of that slot has come, so that it comes again. */
  let isSeen = fromSlot === undefined && slot !== undefined;
  let candidate: bigint | undefined;
  let isFirst = true;

  const requireNoGap = (sent: bigint) => {
    if (!isSeen || slot === undefined || sent <= slot) return;
    if (acceptGap) return onGap(slot, sent - 1n);
    throw new ConnectError(
      'UNSAFE',
      `stream ${stream} was read to slot ${slot}, but its feed goes on at slot ${sent}: slots between would be missing`,
      {
        details: { from: slot.toString(), to: (sent - 1n).toString() },
        hint: 'the checkpoint is kept; read the missing slots from another feed, or leave them out with --accept-gap, which records the gap',
      },
    );
  };
  const isBelieved = (sent: bigint): boolean => {
    const near = (other: bigint | undefined) => other !== undefined && sent <= other + FAR;
    return near(slot) || (candidate !== undefined && sent >= candidate && near(candidate));
  };

  return {
    get slot() {
      return slot;
    },
    take(update) {
      const raw = sentAt(update, steps);
      const sent = wholeOf(raw) ?? wholeText(raw);
      if (sent === undefined) return missingPosition(field);
      if (sent < 0n || sent > MOST)
        return { field, code: 'OUT_OF_RANGE', message: `slot ${sent} is not between 0 and ${MOST}` };
      if (isFirst) requireNoGap(sent);
      isFirst = false;
      if (!isBelieved(sent)) {
        if (slot !== undefined) onLead(sent, slot);
        candidate = sent;
        return undefined;
      }
      candidate = undefined;
      if (slot === undefined || sent > slot) slot = sent;
      isSeen = true;
      return undefined;
    },
    resume: () => slot?.toString(),
    subscribed() {
      isFirst = true;
      return undefined;
    },
    place: (mark) => ({ slot: mark }),
  };
}
