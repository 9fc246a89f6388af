import { describe, expect, test } from 'vitest';
import { judgePartitions, planPartitions } from '../../../../operate/partitions/plan-partitions.ts';
import type { FoundPartitions } from '../../../../operate/partitions/read-partitions.ts';
import { periodsBetween } from '../../../../pipeline/partitions.ts';

const at = (text: string): Date => new Date(`${text}Z`);
const ms = (text: string): number => at(text).getTime();
const NOW = at('2026-11-29T10:00:00');
const fallback = { name: 'public.t_default', isReadable: true };

/** A table with a partition of each day from one to the other. */
const days = (first: string, last: string): FoundPartitions => ({
  attached: periodsBetween('day', at(first), at(last)).map(({ from, to }) => ({
    name: `public.t_p${from.toISOString().slice(0, 10).replaceAll('-', '')}`,
    from: from.getTime(),
    to: to.getTime(),
    rows: 10n,
  })),
  left: [],
  fallback,
});

const daily = { by: 'at', every: 'day', ahead: 3 } as const;
const facts = { table: 'public.t', partition: daily, found: days('2026-11-29', '2026-12-02'), stray: [], now: NOW };
const words = (changes: Partial<Parameters<typeof planPartitions>[0]>): string[] =>
  planPartitions({ ...facts, ...changes }).steps.map(({ kind, name, rows }) => `${kind} ${name} ${rows}`);

test('nothing is to be done while the current period and those ahead are there, and the default partition is empty', () => {
  expect(words({})).toEqual([]);
});

test('what is missing of now and ahead is made, and no day between is left out', () => {
  expect(words({ found: days('2026-11-29', '2026-11-30') })).toEqual([
    'create public.t_p20261201 0',
    'create public.t_p20261202 0',
  ]);
  expect(words({ found: { attached: [], left: [], fallback } })).toHaveLength(4);
});

test('at the last millisecond of a day it is still that day', () => {
  expect(words({ now: at('2026-11-29T23:59:59.999') })).toEqual([]);
  expect(words({ now: at('2026-11-30T00:00:00') })).toEqual(['create public.t_p20261203 0']);
});

test('a backfill gets its past periods, but none that would leave at once', () => {
  const since = at('2026-11-25T00:00:00');
  expect(words({ since })).toEqual(['25', '26', '27', '28'].map((day) => `create public.t_p202611${day} 0`));
  expect(words({ since, partition: { ...daily, keepDays: 2 } })).toEqual([
    'create public.t_p20261127 0',
    'create public.t_p20261128 0',
  ]);
});

test('a date that is off is refused, not made into a thousand partitions', () => {
  expect(() => words({ since: at('2016-11-25T00:00:00') })).toThrow(/there would be 3660 partitions/);
});

test('a date in the future changes nothing', () => {
  expect(words({ since: at('2027-01-01T00:00:00') })).toEqual([]);
});

describe('rows of the default partition', () => {
  test('get the partition of their time, however far it is, with the number of rows that are moved', () => {
    const stray = [
      { day: ms('2026-11-20T00:00:00'), rows: 3n },
      { day: ms('2031-01-01T00:00:00'), rows: 1n },
    ];
    expect(words({ stray })).toEqual(['create public.t_p20261120 3', 'create public.t_p20310101 1']);
  });

  test('of one week are moved together', () => {
    const stray = ['16', '18', '22', '23'].map((day) => ({ day: ms(`2026-11-${day}T00:00:00`), rows: 2n }));
    const found = { attached: [], left: [], fallback };
    expect(words({ stray, found, partition: { ...daily, every: 'week', ahead: 1 } })).toEqual([
      'create public.t_p2026w47 6',
      'create public.t_p2026w48 2',
      'create public.t_p2026w49 0',
    ]);
  });

  test('that are older than keep leave by a partition of their own', () => {
    const stray = [{ day: ms('2026-01-01T00:00:00'), rows: 3n }];
    expect(words({ stray, partition: { ...daily, keepDays: 30 } })).toEqual([
      'create public.t_p20260101 3',
      'leave public.t_p20260101 3',
    ]);
  });

  test('with a time that is none of ours stay, and are told', () => {
    expect(planPartitions({ ...facts, stray: [{ day: undefined, rows: 7n }] })).toEqual({ steps: [], unplaceable: 7n });
  });
});

describe('what is past keep', () => {
  const found = days('2026-11-25', '2026-12-02');

  test('leaves when all of it is older, from midnight on, oldest first', () => {
    expect(words({ found, partition: { ...daily, keepDays: 2 } })).toEqual([
      'leave public.t_p20261125 10',
      'leave public.t_p20261126 10',
    ]);
    expect(words({ found, partition: { ...daily, keepDays: 4 } })).toEqual([]);
  });

  test('stays for ever without keep, also what has left already', () => {
    const left = [{ name: 'public.t_p20261101', from: 0, to: 1, rows: 5n, waitsForArchive: false }];
    expect(words({ found: { ...found, left } })).toEqual([]);
    expect(words({ found: { ...found, left }, partition: { ...daily, keepDays: 90 } })).toEqual([
      'drop public.t_p20261101 5',
    ]);
  });

  test('is the old table too that became a partition, once its last day is older', () => {
    const until = {
      name: 'public.t_until_20261120',
      from: Number.NEGATIVE_INFINITY,
      to: ms('2026-11-20T00:00:00'),
      rows: 9n,
    };
    const mixed = { ...facts.found, attached: [until, ...facts.found.attached] };
    expect(words({ found: mixed, partition: { ...daily, keepDays: 10 } })).toEqual([]);
    expect(words({ found: mixed, partition: { ...daily, keepDays: 9 } })).toEqual(['leave public.t_until_20261120 9']);
  });
});

test('the old table that became a partition takes what is before its bound: nothing is made there', () => {
  const until = {
    name: 'public.t_until_20261201',
    from: Number.NEGATIVE_INFINITY,
    to: ms('2026-12-01T00:00:00'),
    rows: 9n,
  };
  const found = { attached: [until], left: [], fallback };
  expect(words({ found, since: at('2026-11-01T00:00:00') })).toEqual([
    'create public.t_p20261201 0',
    'create public.t_p20261202 0',
  ]);
});

test('a month of which days are there already, because `every` has changed, is filled up from where they end', () => {
  const [open] = planPartitions({ ...facts, partition: { by: 'at', every: 'month', ahead: 1 } }).steps.slice(-1);
  expect(open).toMatchObject({
    kind: 'create',
    name: 'public.t_p20261203',
    from: ms('2026-12-03T00:00:00'),
    to: ms('2027-01-01T00:00:00'),
  });
});

describe('the health of a table', () => {
  const health = (found: FoundPartitions, isStray: boolean | undefined = false) =>
    judgePartitions({ table: 'public.t', partition: daily }, found, isStray, NOW);

  test('is well with a partition for now and next', () => {
    expect(health(days('2026-11-29', '2026-11-30'))).toEqual({ lacking: [], hasStrayRows: false, hasNoDefault: false });
  });

  test('names the periods that have none', () => {
    expect(health(days('2026-11-29', '2026-11-29')).lacking).toEqual(['t_p20261130']);
    expect(health({ attached: [], left: [], fallback: undefined }, true)).toEqual({
      lacking: ['t_p20261129', 't_p20261130'],
      hasStrayRows: true,
      hasNoDefault: true,
    });
  });
});
