import type { CurrentDefinition } from '../../pipeline/types.ts';
import { wholeOf } from '../feed/long.ts';

/** An update as the feed sent it. */
interface SentUpdate {
  readonly bytes: Buffer;
  readonly update: Readonly<Record<string, unknown>>;
}

/**
 * Numbers the updates of one identity in one slot, from 0, in the order of the feed. A feed sends a slot's updates in one
 * order, and a subscription begins with a whole slot, so an update has the same number in every delivery.
 */
export type OrdinalCounter = ReturnType<typeof createOrdinalCounter>;

/** Slots whose counts are kept: about three minutes. An update that comes later still has no number until it is sent again. */
export const COUNTED_SLOTS = 512;

/** Fingerprints of an identity's updates in a slot, in the order of their numbers; one alone stands for itself. */
type Seen = number | number[];

/** `current` names the fields; refused updates are counted like all others. */
export function createOrdinalCounter({ identity, order }: CurrentDefinition) {
  const slots = new Map<bigint, Map<string, Seen>>();
  /** The first slot that is counted. */
  let floor: bigint | undefined;
  let latest: { readonly slot: bigint; readonly counts: Map<string, Seen> } | undefined;

  function countsOf(slot: bigint): Map<string, Seen> | undefined {
    if (latest?.slot === slot) return latest.counts;
    if (floor === undefined || slot < floor) return undefined;
    const counts = slots.get(slot) ?? new Map<string, Seen>();
    slots.set(slot, counts);
    latest = { slot, counts };
    if (slots.size > COUNTED_SLOTS) forgetOldest();
    return latest?.counts;
  }

  function forgetOldest(): void {
    let oldest: bigint | undefined;
    for (const slot of slots.keys()) if (oldest === undefined || slot < oldest) oldest = slot;
    if (oldest === undefined) return;
    slots.delete(oldest);
    floor = oldest + 1n;
    if (latest?.slot === oldest) latest = undefined;
  }

  return {
    /** The feed was subscribed to from this slot on: it sends that slot and all later ones whole. */
    subscribed(slot: bigint): void {
      for (const counted of slots.keys()) if (counted >= slot) slots.delete(counted);
      if (floor === undefined || slot < floor) floor = slot;
      latest = undefined;
    },
    /**
     * The update's number. Undefined when its slot is not counted: it lies before the subscription or has been forgotten, or the
     * update does not name its slot and identity.
     */
    next({ bytes, update }: SentUpdate): number | undefined {
      const slot = wholeOf(update[order]);
      const account = update[identity];
      if (slot === undefined || typeof account !== 'string') return undefined;
      const counts = countsOf(slot);
      if (counts === undefined) return undefined;
      const mark = fingerprint(bytes);
      const seen = counts.get(account);
      if (seen === undefined) {
        counts.set(account, mark);
        return 0;
      }
      const marks = typeof seen === 'number' ? [seen] : seen;
      // The same bytes again are the same update again.
      const known = marks.indexOf(mark);
      if (known >= 0) return known;
      marks.push(mark);
      counts.set(account, marks);
      return marks.length - 1;
    },
  };
}

/** 32 bits of the bytes. Two different updates of one position and slot with the same ones share a number, and their offsets decide. */
function fingerprint(bytes: Buffer): number {
  let hash = bytes.length;
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) hash = mix(hash ^ bytes.readInt32LE(at));
  for (; at < bytes.length; at += 1) hash = mix(hash ^ (bytes[at] ?? 0));
  return hash;
}

/** One step of MurmurHash3's finalizer: every bit of the input turns about half of the output. */
function mix(value: number): number {
  const folded = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return Math.imul(folded ^ (folded >>> 13), 0xc2b2ae35) ^ (folded >>> 16);
}
