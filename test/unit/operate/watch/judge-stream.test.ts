import { describe, expect, test } from 'vitest';
import { judgeParts } from '../../../../operate/watch/judge-parts.ts';
import { judgeStream } from '../../../../operate/watch/judge-stream.ts';
import { positions } from '../../../support/positions-stream.ts';
import { failureOf, parts, progressOf, sinkOf, situationOf } from '../../../support/watch-situation.ts';

const draftsOf = (changes: Parameters<typeof situationOf>[0]) => judgeStream(situationOf(changes)).drafts;

test('a stream of which all is well has nothing to tell', () => {
  expect(draftsOf({})).toEqual([]);
});

test('retention is told from half of it on, is urgent from four fifths on, and is over once the records are gone', () => {
  expect(draftsOf({ seen: { retentionUsed: 0.5 } })).toMatchObject([{ kind: 'retention', severity: 'warning' }]);
  expect(draftsOf({ seen: { retentionUsed: 0.8 } })).toMatchObject([{ kind: 'retention', severity: 'critical' }]);
  const gaps = [{ partition: 3, from: 10n, to: 19n }];
  expect(draftsOf({ seen: { retentionUsed: 0.95, gaps } })).toMatchObject([
    { kind: 'gap', summary: expect.stringContaining('records 10 to 19 of positions-3'), needsPerson: true },
  ]);
});

test('records that wait are told when they are many and grow', () => {
  expect(draftsOf({ progress: progressOf({ lag: 100_000n, isGrowing: true }) })).toMatchObject([{ kind: 'lag' }]);
  expect(draftsOf({ progress: progressOf({ lag: 99_999n, isGrowing: true }) })).toEqual([]);
  expect(draftsOf({ progress: progressOf({ lag: 100_000n, isGrowing: false }) })).toEqual([]);
});

test('a producer is told that has written nothing for a minute, and one that never wrote is none', () => {
  expect(draftsOf({ seen: { producer: { slot: 7n, ageSeconds: 60 } } })).toMatchObject([{ kind: 'producer' }]);
  expect(draftsOf({ seen: { producer: { slot: 7n, ageSeconds: 59 } } })).toEqual([]);
  expect(draftsOf({ seen: { producer: undefined } })).toEqual([]);
});

test('open refused updates and dead-letter records are told, again when there are ten times as many', () => {
  const toldFor = (rejected: bigint) => draftsOf({ seen: { open: { rejected, deadLetters: 0n } } })[0]?.told;
  expect(toldFor(1n)).toBe(toldFor(9n));
  expect(toldFor(9n)).not.toBe(toldFor(10n));
  expect(draftsOf({ seen: { open: { rejected: 0n, deadLetters: 1n } } })).toMatchObject([
    { kind: 'dead-letters', summary: 'a record is in the dead letter topic' },
  ]);
});

test('what Kafka could not say leaves open what is open', () => {
  const { drafts, unseen } = judgeStream(situationOf({ seen: { missingTopics: undefined, positions: undefined } }));
  expect(drafts).toEqual([]);
  expect(unseen).toEqual(expect.arrayContaining(['gap', 'retention', 'producer', 'rejected', 'dead-letters', 'topic']));
});

test('no draft repeats a value of a row', () => {
  const cause = 'PSQLException: ERROR: value too long Detail: Failing row contains (owner-7f3a, 12.5).';
  const failures = [failureOf({ fault: 'record', cause })];
  const drafts = draftsOf({ seen: { sink: sinkOf('FAILED'), failures } });
  expect(drafts).toHaveLength(1);
  expect(JSON.stringify(drafts)).not.toContain('owner-7f3a');
});

test('each part that does not answer is told once two looks agree, with what it said', () => {
  expect(judgeParts(parts('database', 'brokers')).drafts).toMatchObject([
    { kind: 'database', severity: 'critical', cause: 'database is away', looks: 2 },
    { kind: 'brokers', severity: 'critical', looks: 2 },
  ]);
});

describe('the partitions of a table', () => {
  const well = { lacking: [], hasStrayRows: false, hasNoDefault: false };
  const partitioned = {
    ...positions,
    table: { ...positions.table, partition: { by: 'block_time', every: 'day', ahead: 3 } as const },
  };
  const found = (seen: Parameters<typeof situationOf>[0]) => judgeStream(situationOf(seen));

  test('are no incident while all is there', () => {
    expect(found({ seen: { stream: partitioned, partitions: well } })).toMatchObject({ drafts: [], unseen: [] });
  });

  test('are one when rows are in the default partition, a period has none, or watch could not keep them', () => {
    const partitions = { ...well, hasStrayRows: true, lacking: ['positions_p20261129'] };
    const { drafts } = found({ seen: { stream: partitioned, partitions, partitionFailure: 'locked by a report' } });
    expect(drafts).toMatchObject([
      {
        kind: 'partitions',
        severity: 'warning',
        summary: 'the default partition holds rows; there is no partition positions_p20261129',
        cause: 'locked by a report',
        next: expect.stringContaining('connect partitions apply'),
      },
    ]);
    expect(found({ seen: { stream: partitioned, partitions: well, partitionFailure: 'locked' } }).drafts).toHaveLength(
      1,
    );
  });

  test('that cannot be read say nothing: what is open stays open', () => {
    expect(found({ seen: { stream: partitioned } }).unseen).toContain('partitions');
    expect(found({}).unseen).toEqual([]);
  });
});
