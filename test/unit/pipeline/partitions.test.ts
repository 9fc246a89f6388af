import { describe, expect, test } from 'vitest';
import { partitionName, periodOf, periodsBetween } from '../../../pipeline/partitions.ts';

const at = (text: string): Date => new Date(text);
const period = (from: string, to: string) => ({ from: at(`${from}T00:00:00Z`), to: at(`${to}T00:00:00Z`) });

describe('the period of an instant', () => {
  test.each([
    ['day', '2026-11-29T23:59:59.999Z', period('2026-11-29', '2026-11-30')],
    ['day', '2028-02-29T12:00:00Z', period('2028-02-29', '2028-03-01')],
    ['week', '2026-11-29T23:59:59.999Z', period('2026-11-23', '2026-11-30')],
    ['week', '2026-11-30T00:00:00Z', period('2026-11-30', '2026-12-07')],
    ['week', '2027-01-01T00:00:00Z', period('2026-12-28', '2027-01-04')],
    ['month', '2026-12-31T23:59:59.999Z', period('2026-12-01', '2027-01-01')],
    ['month', '2028-02-29T00:00:00Z', period('2028-02-01', '2028-03-01')],
  ] as const)('%s of %s', (every, instant, expected) => {
    expect(periodOf(every, at(instant))).toEqual(expected);
  });
});

test('periods follow one another without a gap, over year ends and leap days', () => {
  for (const every of ['day', 'week', 'month'] as const) {
    const periods = periodsBetween(every, at('2027-12-20T10:00:00Z'), at('2028-03-02T00:00:00Z'));
    for (const [index, { from }] of periods.entries()) expect(from).toEqual(periods[index - 1]?.to ?? from);
    expect(periods.at(-1)?.to.getTime()).toBeGreaterThan(at('2028-03-02T00:00:00Z').getTime());
  }
});

test.each([
  ['day', '2026-11-29', 'positions_p20261129'],
  ['week', '2026-11-23', 'positions_p2026w48'],
  ['week', '2026-12-28', 'positions_p2026w53'],
  ['week', '2027-01-04', 'positions_p2027w01'],
  ['week', '2024-12-30', 'positions_p2025w01'],
  ['month', '2026-11-01', 'positions_p202611'],
] as const)('a %s from %s on is %s', (every, from, name) => {
  expect(partitionName('public.positions', every, at(from))).toBe(name);
});

test('the names of one table are all different', () => {
  const names = periodsBetween('week', at('2020-01-01'), at('2040-01-01')).map(({ from }) =>
    partitionName('t', 'week', from),
  );
  expect(new Set(names).size).toBe(names.length);
});

test('a name that PostgreSQL would cut is refused', () => {
  expect(partitionName('t'.repeat(53), 'day', at('2026-11-29'))).toHaveLength(63);
  expect(() => partitionName('t'.repeat(54), 'day', at('2026-11-29'))).toThrow('longer than the 63 bytes');
});
