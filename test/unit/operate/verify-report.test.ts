import { expect, test } from 'vitest';
import { shownDifference } from '../../../operate/verify-report.ts';

const difference = {
  kind: 'unequal',
  record: 'positions-3@5',
  key: { position_account: 'owner-7' },
  message: 'positions-3@5 differs from its row in size',
  values: 'size: record 1, row 2',
} as const;

test('a difference is shown without key and values of its row', () => {
  expect(shownDifference(difference, false)).toEqual({
    kind: 'unequal',
    record: 'positions-3@5',
    message: 'positions-3@5 differs from its row in size',
  });
});

test('with --show-values the message says them', () => {
  expect(shownDifference(difference, true)).toMatchObject({
    key: { position_account: 'owner-7' },
    message: 'positions-3@5 differs from its row in size: size: record 1, row 2',
  });
});
