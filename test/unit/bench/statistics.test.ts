import { describe, expect, it } from 'vitest';
import { runRounds } from '../../../bench/rounds.ts';
import { percentile, ratios, slope, spread } from '../../../bench/statistics.ts';

describe('a spread', () => {
  it('is the median, also of an even number of samples, with the lowest and the highest', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3, samples: [3, 1, 2] });
    expect(spread([4, 1, 3, 2]).median).toBe(2.5);
  });

  it('of nothing is refused', () => {
    expect(() => spread([])).toThrow(RangeError);
  });
});

describe('ratios', () => {
  it('are taken round by round, so that a slow minute slows both sides', () => {
    expect(ratios([100, 10, 100], [50, 5, 50])).toMatchObject({ median: 2, low: 2, high: 2 });
  });

  it('need a measurement of both sides in each round', () => {
    expect(() => ratios([1, 2], [1])).toThrow('2 measurements against 1');
  });
});

describe('a percentile', () => {
  it('is a sample, by the nearest rank', () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0, 0.5, 0.95, 0.99, 1].map((share) => percentile(samples, share))).toEqual([1, 50, 95, 99, 100]);
  });
});

describe('a slope', () => {
  it('is 0 when a cost does not grow with the size, and 1 when it grows alike', () => {
    expect(slope([1, 10, 100].map((size) => ({ size, cost: 7 })))).toBeCloseTo(0);
    expect(slope([1, 10, 100].map((size) => ({ size, cost: 3 * size })))).toBeCloseTo(1);
  });
});

describe('the rounds', () => {
  it('run the contenders in turn, every other round in reverse, and count no warm-up', async () => {
    const calls: string[] = [];
    const contender = (name: string) => ({
      name,
      run: async () => calls.push(name),
    });
    const found = await runRounds([contender('a'), contender('b')], { rounds: 2 });
    expect(calls).toEqual(['b', 'a', 'a', 'b', 'b', 'a']);
    expect([...found]).toEqual([
      ['a', [3, 6]],
      ['b', [4, 5]],
    ]);
  });
});
