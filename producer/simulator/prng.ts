const WORD = 2 ** 32;

/**
 * xoshiro128** by Blackman and Vigna: 32-bit words only, so one seed gives one sequence on every platform.
 * Not for secrets.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  private constructor(a: number, b: number, c: number, d: number) {
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#d = d;
  }

  /** A generator named by up to four whole numbers: different numbers, unrelated sequences. */
  static of(a: number, b = 0, c = 0, d = 0): Random {
    // Each word is scrambled first, since neighbouring seeds would otherwise start alike. The constant keeps the
    // state from being all zero, which xoshiro never leaves.
    const random = new Random(scramble(a), scramble(b + 0x51ed), scramble(c + 0x2c1b), scramble(d + 0x9d2c) | 1);
    for (let round = 0; round < 8; round += 1) random.next();
    return random;
  }

  /** The next word, 0 ≤ word < 2^32. */
  next(): number {
    const scaled = Math.imul(this.#b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A whole number, 0 ≤ n < bound; `bound` up to 2^21, so that the product stays exact in a double. */
  below(bound: number): number {
    return Math.floor((this.next() * bound) / WORD);
  }

  /** True once in `times` on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the items, each as likely as the others; `items` must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** A generator that goes on from here by itself. */
  clone(): Random {
    return new Random(this.#a, this.#b, this.#c, this.#d);
  }
}

/** The finaliser of murmur3: a bijection of 32-bit words. */
function scramble(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}
