import { expect, test } from 'vitest';
import { createCauseGroups } from '../../../../operate/dead-letters/cause-groups.ts';
import { toDeadLetter } from '../../../../operate/dead-letters/dead-letter.ts';
import { from, record } from '../../../support/dead-letters.ts';
import { positions } from '../../../support/positions-stream.ts';

test('groups are by cause and stage, the largest first', () => {
  const letters = [from(0, 1), from(0, 2, 'other'), from(1, 3)].map((headers, index) =>
    toDeadLetter(positions, 'dlq', record(BigInt(index), headers)),
  );
  const groups = createCauseGroups({
    replayed: new Set(['positions-1@3']),
    discarded: new Set(['positions-1@3', 'positions-0@2']),
  });
  for (const letter of letters) groups.add(letter);
  expect(groups.list()).toEqual([
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

test('a thousand causes are told apart; the rest is one group, and none goes uncounted', () => {
  const groups = createCauseGroups({ replayed: new Set(), discarded: new Set() });
  for (let at = 0; at < 5_000; at += 1) {
    groups.add({ cause: `cause ${at}`, stage: 'TASK_PUT', name: `positions-0@${at}`, recordId: `${at}` });
  }
  const list = groups.list();
  expect(list).toHaveLength(1_001);
  expect(list[0]).toMatchObject({ cause: 'other causes', count: 4_000, last: 'positions-0@4999' });
});
