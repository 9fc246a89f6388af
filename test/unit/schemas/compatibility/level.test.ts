import { describe, expect, it } from 'vitest';
import {
  COMPATIBILITY_LEVELS,
  type CompatibilityLevel,
  directionsOf,
  isTransitive,
  parseLevel,
  strictest,
} from '../../../../schemas/compatibility/level.ts';

describe('compatibility levels', () => {
  it.each<[CompatibilityLevel, CompatibilityLevel, CompatibilityLevel]>([
    ['BACKWARD_TRANSITIVE', 'NONE', 'BACKWARD_TRANSITIVE'],
    ['BACKWARD_TRANSITIVE', 'BACKWARD', 'BACKWARD_TRANSITIVE'],
    ['BACKWARD_TRANSITIVE', 'FORWARD', 'FULL_TRANSITIVE'],
    ['BACKWARD', 'FORWARD', 'FULL'],
    ['FORWARD', 'FORWARD_TRANSITIVE', 'FORWARD_TRANSITIVE'],
    ['FULL', 'NONE', 'FULL'],
    ['NONE', 'NONE', 'NONE'],
  ])('%s and %s together are %s', (a, b, both) => {
    expect(strictest(a, b)).toBe(both);
    expect(strictest(b, a)).toBe(both);
  });

  it('that are held together hold each by itself', () => {
    for (const a of COMPATIBILITY_LEVELS) {
      for (const b of COMPATIBILITY_LEVELS) {
        const both = strictest(a, b);
        expect(directionsOf(both)).toEqual(expect.arrayContaining([...directionsOf(a), ...directionsOf(b)]));
        if (isTransitive(a) || isTransitive(b)) expect(isTransitive(both)).toBe(true);
      }
    }
  });

  it('are known by their names however they are written', () => {
    expect(parseLevel(' full-transitive')).toBe('FULL_TRANSITIVE');
    expect(() => parseLevel('FULLY')).toThrow('"FULLY" is not a compatibility level');
  });
});
