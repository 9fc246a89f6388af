import { expect, test } from 'vitest';
import { groupByCause } from '../../../../operate/dead-letters/cause-groups.ts';
import { toDeadLetter } from '../../../../operate/dead-letters/dead-letter.ts';
import { from, record } from '../../../support/dead-letters.ts';
import { positions } from '../../../support/positions-stream.ts';

test('groups are by cause and stage, the largest first', () => {
  const letters = [from(0, 1), from(0, 2, 'other'), from(1, 3)].map((headers, index) =>
    toDeadLetter(positions, 'dlq', record(BigInt(index), headers)),
  );
  expect(
    groupByCause(letters, {
      replayed: new Set(['positions-1@3']),
      discarded: new Set(['positions-1@3', 'positions-0@2']),
    }),
  ).toEqual([
    {
      cause: 'PSQLException: too long',
      stage: 'TASK_PUT',
      count: 2,
      replayed: 1,
      discarded: 0,
      first: 'positions-0@1',
      last: 'positions-1@3',
    },
    {
      cause: 'PSQLException: other',
      stage: 'TASK_PUT',
      count: 1,
      replayed: 0,
      discarded: 1,
      first: 'positions-0@2',
      last: 'positions-0@2',
    },
  ]);
});
