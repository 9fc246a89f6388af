import { expect, test } from 'vitest';
import { canonicalText } from '../../../schemas/canonical-text.ts';

test.each([
  [null, null],
  [undefined, null],
  [9_007_199_254_740_993n, '9007199254740993'],
  [new Date('2026-01-31T08:00:00.123Z'), '2026-01-31T08:00:00.123Z'],
  [Buffer.from('00ff', 'hex'), '\\x00ff'],
  ['1.500000', '1.500000'],
])('the text of %s is the one that the table has', (value, text) => {
  expect(canonicalText(value)).toBe(text);
});
