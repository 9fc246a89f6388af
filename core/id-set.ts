import { hash } from 'node:crypto';

/** A set of ids that takes about 32 bytes an id, outside of the heap. It knows ids by 128 bits of their SHA-256. */
export interface IdSet {
  readonly size: number;
  /** False when it was there. */
  add(id: string): boolean;
  has(id: string): boolean;
}

const WORDS = 2;

/** An empty one. */
export function createIdSet(): IdSet {
  let slots = new BigUint64Array(WORDS * 1_024);
  let size = 0;

  /** Where an id is, or would be: the table is never more than half full. */
  const place = (table: BigUint64Array, first: bigint, second: bigint): number => {
    const count = table.length / WORDS;
    let at = Number(first % BigInt(count));
    while (table[at * WORDS] !== 0n && (table[at * WORDS] !== first || table[at * WORDS + 1] !== second)) {
      at = (at + 1) % count;
    }
    return at * WORDS;
  };
  const grow = (): void => {
    const larger = new BigUint64Array(slots.length * 2);
    for (let at = 0; at < slots.length; at += WORDS) {
      const [first = 0n, second = 0n] = slots.subarray(at, at + WORDS);
      if (first !== 0n) larger.set([first, second], place(larger, first, second));
    }
    slots = larger;
  };
  return {
    get size() {
      return size;
    },
    add(id) {
      const [first, second] = wordsOf(id);
      const at = place(slots, first, second);
      if (slots[at] !== 0n) return false;
      slots.set([first, second], at);
      size += 1;
      if (size * WORDS * 2 > slots.length) grow();
      return true;
    },
    has(id) {
      const [first, second] = wordsOf(id);
      return slots[place(slots, first, second)] !== 0n;
    },
  };
}

/** Zero marks a free place. */
function wordsOf(id: string): readonly [bigint, bigint] {
  const bytes = hash('sha256', id, 'buffer');
  return [bytes.readBigUInt64LE(0) || 1n, bytes.readBigUInt64LE(8)];
}
