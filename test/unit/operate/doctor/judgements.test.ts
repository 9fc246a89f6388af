import { describe, expect, test } from 'vitest';
import { parseScript } from '../../../../contract/sql-parser.ts';
import { allChecks } from '../../../../operate/doctor/all-checks.ts';
import { judgeClock } from '../../../../operate/doctor/checks/clock-skew.ts';
import { judgeDisk } from '../../../../operate/doctor/checks/machine-disk.ts';
import { judgeKey } from '../../../../operate/doctor/checks/postgres-indexes.ts';
import { judgeRetention } from '../../../../operate/doctor/checks/retention-overrun.ts';
import { judgeTopic } from '../../../../operate/doctor/checks/topics-settings.ts';
import { definedIndexes } from '../../../../operate/doctor/defined-indexes.ts';

test('check names are unique and say the part first', () => {
  const names = allChecks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z]+\.[a-z-]+$/);
});

describe('a topic', () => {
  const spec = {
    name: 'positions',
    partitions: 4,
    config: { 'cleanup.policy': 'delete', 'retention.ms': '604800000' },
  };
  const sound = { partitions: 4, replicas: 3, config: spec.config };
  test.each([
    ['is as defined', sound, ['ok']],
    ['is compacted', { ...sound, config: { ...spec.config, 'cleanup.policy': 'compact' } }, ['broken']],
    ['keeps less', { ...sound, config: { ...spec.config, 'retention.ms': '3600000' } }, ['warning']],
    ['has fewer copies', { ...sound, replicas: 1 }, ['warning']],
    ['has other partitions', { ...sound, partitions: 6 }, ['broken']],
    ['does not exist', undefined, ['warning']],
  ])('that %s', (_how, live, verdicts) => {
    const findings = judgeTopic(spec, live, 3);
    expect(findings.map(({ verdict }) => verdict)).toEqual(verdicts);
    for (const { verdict, remedy } of findings) expect(remedy !== undefined).toBe(verdict !== 'ok');
  });
});

test('records that were deleted before the sink read them are named to the last', () => {
  const partitions = [
    { partition: 0, low: 0n, committed: 5n },
    { partition: 1, low: 12n, committed: 10n },
    { partition: 2, low: 7n, committed: undefined },
    { partition: 3, low: 9_007_199_254_740_993n, committed: 9_007_199_254_740_993n },
  ];
  expect(judgeRetention('positions', partitions)).toMatchObject([
    { verdict: 'broken', message: expect.stringContaining('records 10 to 11 of partition 1 were deleted') },
  ]);
});

test.each([
  [0, 0, 'ok'],
  [2_500, 600, 'ok'],
  [-2_700, 600, 'warning'],
  [301_000, 500, 'broken'],
])('a clock that is %i ms off, measured to %i ms: %s', (skewMs, errorMs, verdict) => {
  expect(judgeClock('PostgreSQL', skewMs, errorMs).verdict).toBe(verdict);
});

test.each([
  [100, 'broken'],
  [1_000, 'warning'],
  [3_000, 'ok'],
])('%i MiB free: %s', (mebibytes, verdict) => {
  expect(judgeDisk('local stack', '/x', mebibytes * 1024 ** 2).verdict).toBe(verdict);
});

test('the indexes of migrations are those created and not dropped again', async () => {
  const sql = `
    CREATE TABLE a (x int, CONSTRAINT a_x UNIQUE (x));
    CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_unique ON public.a (x);
    CREATE INDEX a_brin ON a USING brin (x) WITH (pages_per_range = 32);
    CREATE INDEX a_lower ON ONLY a ((lower(x)));
    CREATE INDEX "(" ON a (x);
    CREATE INDEX ON a (x);
    CREATE INDEX gone ON a (x);
    DROP INDEX IF EXISTS public.gone;`;
  const { statements } = await parseScript({ file: 'migrations/0001_a.sql', sql, firstLine: 1 });
  expect(definedIndexes(statements)).toEqual([
    { name: 'a_unique', table: 'a' },
    { name: 'a_brin', table: 'a' },
    { name: 'a_lower', table: 'a' },
    { name: '(', table: 'a' },
  ]);
});

test.each([
  [[{ valid: true, arbiter: true, columns: ['account', 'signature'] }], 'ok'],
  [[{ valid: false, arbiter: true, columns: ['account', 'signature'] }], 'broken'],
  [[{ valid: true, arbiter: false, columns: ['account', 'signature'] }], 'broken'],
  [[{ valid: true, arbiter: true, columns: ['signature'] }], 'broken'],
])('the upsert key needs a valid unique index of just its columns (%#)', (rows, verdict) => {
  expect(judgeKey('public.positions', ['signature', 'account'], rows)[0]?.verdict).toBe(verdict);
});
