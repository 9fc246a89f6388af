import { expect, test } from 'vitest';
import { createWrittenEnds } from '../../../../producer/kafka/written-ends.ts';

const request = (...partitions: number[]) => new Map([['positions', partitions.map((partition) => ({ partition }))]]);
const answer = (partition: number, baseOffset: bigint) => ({ topic: 'positions', partition, baseOffset });

test('a partition ends behind the last record that was acknowledged, or where it ended before the run', () => {
  const ends = createWrittenEnds(new Map([['positions', [7n, 3n]]]));
  expect(ends.of('positions')).toEqual([7n, 3n]);
  ends.take(request(0, 0, 0, 2), [answer(0, 9n), answer(2, 0n)]);
  expect(ends.of('positions')).toEqual([12n, 3n, 1n]);
});

test('nothing is said while a broker has not told where a record stands', () => {
  const ends = createWrittenEnds(new Map([['positions', [7n]]]));
  ends.take(request(0), [answer(0, -1n)]);
  expect(ends.of('positions')).toBeUndefined();
  expect(ends.of('positions.rejected')).toEqual([]);
  ends.take(request(0, 0), [answer(0, 8n)]);
  expect(ends.of('positions')).toEqual([10n]);
});
