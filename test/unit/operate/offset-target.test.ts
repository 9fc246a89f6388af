import { expect, test } from 'vitest';
import { parseOffsetTarget } from '../../../operate/offset-target.ts';

test.each([
  ['earliest', { kind: 'earliest' }],
  ['latest', { kind: 'latest' }],
  ['slot:18446744073709551615', { kind: 'slot', slot: 18_446_744_073_709_551_615n }],
  ['2026-01-31', { kind: 'time', at: new Date('2026-01-31T00:00:00Z') }],
  ['2026-01-31T08:00:00.5Z', { kind: 'time', at: new Date('2026-01-31T08:00:00.500Z') }],
  ['2026-01-31T10:00+02:00', { kind: 'time', at: new Date('2026-01-31T08:00:00Z') }],
])('%s is a place in a topic', (text, target) => {
  expect(parseOffsetTarget(text)).toEqual(target);
});

test.each(['', 'oldest', 'slot:', 'slot:-1', 'slot:1.5', '2026-01-31T08:00:00', '2026-13-01', '31.01.2026', '12345'])(
  '"%s" is none',
  (text) => {
    expect(() => parseOffsetTarget(text)).toThrow(`"${text}" is no place in a topic`);
  },
);
