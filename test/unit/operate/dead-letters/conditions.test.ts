import { expect, test } from 'vitest';
import { meetsConditions, parseConditions } from '../../../../operate/dead-letters/conditions.ts';
import { toDeadLetter } from '../../../../operate/dead-letters/dead-letter.ts';
import type { RecordContent } from '../../../../operate/dead-letters/record-content.ts';
import { from, record } from '../../../support/dead-letters.ts';
import { positions } from '../../../support/positions-stream.ts';

const update = (fields: Record<string, string | null>): RecordContent => ({ kind: 'update', fields });

const deadLetter = toDeadLetter(positions, 'dlq', record(7n, from(3, 81_244)));
const meets = (words: readonly string[], content: RecordContent = update({ size: '1.500000' })) =>
  meetsConditions(deadLetter, parseConditions(words), content);

test('all conditions have to hold, for the record or for the update in it', () => {
  expect(meets([])).toBe(true);
  expect(meets(['cause=TOO', 'stage=task_put', 'partition=3', 'offset=81244', 'key=Position1'])).toBe(true);
  expect(meets(['cause=TOO', 'partition=4'])).toBe(false);
  expect(meets(['offset=7'])).toBe(false);
});

test.each(['1.5', '1.50000000', '01.5'])('an amount of %s is 1.500000', (amount) => {
  expect(meets([`size=${amount}`])).toBe(true);
});

test('amounts are equal as numbers, text as text', () => {
  expect(meets(['size=1.05'])).toBe(false);
  expect(meets(['symbol=1'], update({ symbol: '10' }))).toBe(false);
  expect(meets(['note=a=b'], update({ note: 'a=b' }))).toBe(true);
  expect(meets(['owner='])).toBe(false);
});

test('nothing is known of the fields of bytes that cannot be read', () => {
  const content = { kind: 'unreadable', reason: 'x', bytes: 1, hex: '00' } as const;
  expect(meets(['size=1.5'], content)).toBe(false);
  expect(meets(['partition=3'], content)).toBe(true);
});

test('a condition without a value is a matter of usage', () => {
  expect(() => parseConditions(['size'])).toThrow('--where "size" is not FIELD=VALUE');
  expect(() => parseConditions(['=1'])).toThrow('is not FIELD=VALUE');
});
