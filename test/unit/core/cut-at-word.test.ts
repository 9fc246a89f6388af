import { expect, test } from 'vitest';
import { cutAtWord } from '../../../core/cut-at-word.ts';

test.each([
  ['short', 10, 'short'],
  ['one two three', 9, 'one two …'],
  ['login hunter2 failed', 10, 'login …'],
  ['hunter2hunter2', 8, '…'],
])('%s, no longer than %d', (text, max, cut) => {
  expect(cutAtWord(text, max)).toBe(cut);
});

test('takes no longer for many spaces', () => {
  const started = performance.now();
  cutAtWord(' '.repeat(500_000), 400_000);
  cutAtWord('a '.repeat(500_000), 400_000);
  expect(performance.now() - started).toBeLessThan(1000);
});
