import { expect, test } from 'vitest';
import { parseRanges, rangesText, unionOf, without } from '../../../../operate/freshness/slot-ranges.ts';

test('ranges that meet or overlap become one, in rising order', () => {
  expect(
    unionOf([
      { from: 9n, to: 12n },
      { from: 1n, to: 3n },
      { from: 4n, to: 5n },
      { from: 2n, to: 2n },
    ]),
  ).toEqual([
    { from: 1n, to: 5n },
    { from: 9n, to: 12n },
  ]);
  expect(unionOf([{ from: 3n, to: 9n }, { to: 4n }])).toEqual([{ from: undefined, to: 9n }]);
});

test('slots that others have are taken out, from the start, the end and the middle', () => {
  const hundred = [{ from: 1n, to: 100n }];
  expect(without(hundred, [{ from: 40n, to: 50n }])).toEqual([
    { from: 1n, to: 39n },
    { from: 51n, to: 100n },
  ]);
  expect(without(hundred, [{ from: 0n, to: 10n }])).toEqual([{ from: 11n, to: 100n }]);
  expect(without(hundred, [{ from: 90n, to: 200n }])).toEqual([{ from: 1n, to: 89n }]);
  expect(without(hundred, [{ from: 1n, to: 100n }])).toEqual([]);
  expect(without(hundred, [{ from: 101n, to: 200n }])).toEqual(hundred);
  expect(without([{ to: 100n }], [{ from: 1n, to: 60n }])).toEqual([{ to: 0n }, { from: 61n, to: 100n }]);
});

test('as PostgreSQL writes them, and back', () => {
  const ranges = [
    { from: undefined, to: 3n },
    { from: 5n, to: 5n },
  ];
  expect(rangesText(ranges)).toBe('{(,4),[5,6)}');
  expect(parseRanges(rangesText(ranges))).toEqual(ranges);
  expect(rangesText([])).toBe('{}');
  expect(parseRanges('{}')).toEqual([]);
});
