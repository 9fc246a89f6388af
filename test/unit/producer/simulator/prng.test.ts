import { describe, expect, it } from 'vitest';
import { Random } from '../../../../producer/simulator/prng.ts';

describe('the random numbers', () => {
  it('are the same everywhere', () => {
    const random = Random.of(1);
    expect([random.next(), random.next(), random.next()]).toEqual([1098651031, 376423192, 3704352225]);
  });

  it('stay below their bound and are spread evenly', () => {
    const random = Random.of(5);
    const counts = new Array<number>(10).fill(0);
    for (let n = 0; n < 100_000; n += 1) {
      const value = random.below(10);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    // Ten standard deviations around 10,000.
    expect(counts.filter((count) => Math.abs(count - 10_000) > 950)).toEqual([]);
  });

  it('of neighbouring seeds have nothing in common', () => {
    const firsts = Array.from({ length: 10_000 }, (_, seed) => Random.of(seed).next());
    expect(new Set(firsts).size).toBe(firsts.length);
    const high = firsts.filter((word) => word >= 2 ** 31).length;
    expect(Math.abs(high - 5_000)).toBeLessThan(500);
  });

  it('go on from a clone without touching the original', () => {
    const random = Random.of(9, 8, 7, 6);
    random.next();
    const copy = random.clone();
    const ahead = [copy.next(), copy.next()];
    expect([random.next(), random.next()]).toEqual(ahead);
  });
});
