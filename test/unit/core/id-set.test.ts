import { expect, test } from 'vitest';
import { createIdSet } from '../../../core/id-set.ts';

test('ids are known once, however many there are', () => {
  const set = createIdSet();
  for (let at = 0; at < 50_000; at += 1) expect(set.add(`positions-3@${at}`)).toBe(true);
  expect(set.add('positions-3@7')).toBe(false);
  expect(set.size).toBe(50_000);
  expect(set.has('positions-3@49999')).toBe(true);
  expect(set.has('positions-3@50000')).toBe(false);
});
