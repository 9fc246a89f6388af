import { expect, test } from 'vitest';
import type { SinkPosition } from '../../../connectors/sink-group.ts';
import { planReset } from '../../../operate/reset-offsets.ts';

const at = (partition: number, low: bigint, committed: bigint | undefined, end: bigint): SinkPosition => ({
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
