import { expect, test } from 'vitest';
import { restorable } from '../../../../connectors/plan/compare-configs.ts';

test('a mask is never saved over a secret', () => {
  const live = { 'connection.password': '********', 'batch.size': '7', token: '[hidden]' };
  const desired = { 'connection.password': '$' + '{env:PASSWORD}', 'batch.size': '5000' };
  expect(restorable(live, desired)).toEqual({
    'connection.password': '$' + '{env:PASSWORD}',
    'batch.size': '7',
    token: '[hidden]',
  });
});
