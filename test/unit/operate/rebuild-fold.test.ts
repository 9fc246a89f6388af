import { expect, it } from 'vitest';
import { nextSize } from '../../../operate/rebuild-fold.ts';

it.each([
  ['took too long, then half as many', 100, 150, 50],
  ['took far too long with one, then one again', 1, 10_000, 1],
  ['was quick, then twice as many', 100, 49, 200],
  ['was about right, then as many', 100, 80, 100],
  ['was quick with very many, then no more than that', 5_000, 1, 5_000],
])('a transaction of a rebuild %s', (_what, size, tookMs, expected) => {
  expect(nextSize(size, tookMs, 100)).toBe(expected);
});
