import { describe, expect, it, test } from 'vitest';
import { gapsBefore, openGaps, unreadGaps } from '../../../operate/gaps.ts';

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
    const known = { partition: 0, from: 80n, to: 99n, at: '2026-01-01T00:00:00.000Z' };
    expect(gapsBefore([rows], [range], none, [known])).toEqual([{ ...gap, state: 'accepted' }]);
    expect(gapsBefore([rows], [range], none, [{ ...known, to: 90n }])).toEqual([{ ...gap, state: 'lost' }]);
    expect(gapsBefore([rows], [range], none, [{ ...known, partition: 1 }])).toMatchObject([
      { ...gap, state: 'lost' },
      { partition: 1, state: 'accepted' },
    ]);
  });

  it('that was accepted is told for good, also when the rows show nothing of it any more', () => {
    const known = { partition: 0, from: 10n, to: 20n, at: '2026-01-01T00:00:00.000Z' };
    const accepted = { partition: 0, from: 10n, to: 20n, state: 'accepted' };
    expect(gapsBefore([], [range], none, [known])).toEqual([accepted]);
    expect(gapsBefore([rows], [range], none, [known])).toEqual([{ ...gap, state: 'lost' }, accepted]);
  });

  it.each([
    ['the rows reach it', { ...rows, lastBefore: 99n, before: 90 }],
    ['there are no older rows', { ...rows, before: 0, firstBefore: undefined, lastBefore: undefined }],
    ['the sink has not written anything after it', { ...rows, last: 79n }],
  ])('is none when %s', (_what, found) => {
    expect(gapsBefore([found], [range], none, [])).toEqual([]);
  });
});

test('a sink jumps over what stood between its next offset and the first record that is left', () => {
  const at = (partition: number, committed: bigint | undefined, low: bigint) => ({
    partition,
    committed,
    low,
    end: 50n,
    lag: 50n - low,
  });
  expect(unreadGaps([at(0, 10n, 30n), at(1, 30n, 30n), at(2, undefined, 30n), at(3, 60n, 30n)])).toEqual([
    { partition: 0, from: 10n, to: 29n },
  ]);
});

test('a gap stays accepted while the sink has nothing new to commit, and no other one is', () => {
  const known = { partition: 0, from: 10n, to: 29n, at: '2026-01-01T00:00:00.000Z' };
  const at = (partition: number, from: bigint, to: bigint) => ({ partition, from, to });
  expect(openGaps([at(0, 10n, 29n)], [known])).toEqual([]);
  for (const other of [at(0, 10n, 30n), at(0, 11n, 29n), at(1, 10n, 29n)])
    expect(openGaps([other], [known])).toEqual([other]);
});
