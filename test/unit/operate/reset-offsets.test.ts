import { expect, test } from 'vitest';
import type { Position } from '../../../operate/offset-positions.ts';
import { parseOffsetTarget } from '../../../operate/offset-target.ts';
import { planReset } from '../../../operate/reset-offsets.ts';

const at = (partition: number, low: bigint, committed: bigint | undefined, end: bigint): Position => ({
  partition,
  low,
  end,
  committed,
  lag: end - (committed ?? low),
});

test('a move back counts what is read again, a move ahead what is skipped', () => {
  const positions = [at(0, 0n, 50n, 80n), at(1, 0n, 50n, 80n), at(2, 0n, 50n, 80n)];
  const offsets = new Map([
    [0, 20n],
    [1, 80n],
    [2, 50n],
  ]);
  expect(planReset(positions, offsets)).toEqual({
    moves: [
      { partition: 0, from: 50n, to: 20n, again: 30n, skipped: 0n },
      { partition: 1, from: 50n, to: 80n, again: 0n, skipped: 30n },
    ],
    again: 30n,
    skipped: 30n,
  });
});

test('a sink without an offset begins with the oldest record, so that is no move and later ones skip', () => {
  const positions = [at(0, 10n, undefined, 80n)];
  expect(planReset(positions, new Map([[0, 10n]])).moves).toEqual([]);
  expect(planReset(positions, new Map([[0, 25n]]))).toMatchObject({ skipped: 15n });
});

test('records that Kafka has expired are neither skipped nor read again', () => {
  const positions = [at(0, 40n, 10n, 80n)];
  expect(planReset(positions, new Map([[0, 40n]]))).toMatchObject({
    moves: [{ from: 40n, to: 40n }],
    again: 0n,
    skipped: 0n,
  });
  expect(planReset(positions, new Map([[0, 45n]]))).toMatchObject({ skipped: 5n });
});

test('an offset beyond the end, left by a topic of the same name, is mended', () => {
  expect(planReset([at(0, 0n, 500n, 80n)], new Map([[0, 0n]]))).toMatchObject({
    moves: [{ from: 80n, to: 0n, again: 80n }],
  });
});

test.each([
  ['earliest', { kind: 'earliest' }],
  ['latest', { kind: 'latest' }],
  ['slot:18446744073709551615', { kind: 'slot', slot: 18_446_744_073_709_551_615n }],
  ['2026-01-31', { kind: 'time', at: new Date('2026-01-31T00:00:00Z') }],
  ['2026-01-31T08:00:00.5Z', { kind: 'time', at: new Date('2026-01-31T08:00:00.500Z') }],
  ['2026-01-31T10:00+02:00', { kind: 'time', at: new Date('2026-01-31T08:00:00Z') }],
])('%s is a place in a topic', (text, target) => {
  expect(parseOffsetTarget(text)).toEqual(target);
});

test.each(['', 'oldest', 'slot:', 'slot:-1', 'slot:1.5', '2026-01-31T08:00:00', '2026-13-01', '31.01.2026', '12345'])(
  '"%s" is none',
  (text) => {
    expect(() => parseOffsetTarget(text)).toThrow(`"${text}" is no place in a topic`);
  },
);
