import { describe, expect, it } from 'vitest';
import { gapsBefore } from '../../../operate/gaps.ts';

const range = { partition: 0, low: 100n, high: 200n };
/** Rows of the offsets 10 to 79, then of 100 and later. */
const rows = { partition: 0, before: 70, firstBefore: 10n, lastBefore: 79n, last: 150n };
const none = new Set<number>();
const gap = { partition: 0, from: 80n, to: 99n };

describe('a hole before the first record that the topic has', () => {
  it('is loss when no row of the partition ever moved to a later delivery', () => {
    expect(gapsBefore([rows], [range], none, [])).toEqual([{ ...gap, state: 'lost' }]);
  });

  it('is no proof when a record of the topic was redelivered', () => {
    expect(gapsBefore([rows], [range], new Set([0]), [])).toEqual([{ ...gap, state: 'cannot-tell' }]);
  });

  it('is no proof when there are other holes', () => {
    expect(gapsBefore([{ ...rows, before: 69 }], [range], none, [])).toEqual([{ ...gap, state: 'cannot-tell' }]);
  });

  it('is accepted when somebody has accepted it', () => {
    const mark = { partition: 0, from: '80', to: '99', at: '2026-01-01T00:00:00.000Z' };
    expect(gapsBefore([rows], [range], none, [mark])).toEqual([{ ...gap, state: 'accepted' }]);
    expect(gapsBefore([rows], [range], none, [{ ...mark, partition: 1 }])).toEqual([{ ...gap, state: 'lost' }]);
  });

  it.each([
    ['the rows reach it', { ...rows, lastBefore: 99n, before: 90 }],
    ['there are no older rows', { ...rows, before: 0, firstBefore: undefined, lastBefore: undefined }],
    ['the sink has not written anything after it', { ...rows, last: 79n }],
  ])('is none when %s', (_what, found) => {
    expect(gapsBefore([found], [range], none, [])).toEqual([]);
  });
});
