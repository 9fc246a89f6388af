/** Random numbers that are the same on every run: a failing case can be met again by its seed. */
export interface SeededRandom {
  /** A whole number from 0 to `below` - 1. */
  int(below: number): number;
  /** A number of at most `digits` decimal digits, either sign; short ones are as likely as long ones. */
  bigint(digits: number): bigint;
}

/** Mulberry32: small, and good enough to choose cases with. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const int = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  return {
    int,
    bigint(digits) {
      const length = 1 + int(digits);
      const text = Array.from({ length }, () => int(10)).join('');
      return int(2) === 0 ? BigInt(text) : -BigInt(text);
    },
  };
}
