import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../../../core/errors.ts';
import { newestRow, producerCheckpoint, recordsAside, sinksLag } from '../../../../../operate/doctor/checks/flow.ts';
import type { ResumePoint } from '../../../../../producer/kafka/checkpoint.ts';
import { type FakeTopic, fakeCluster } from '../../../../support/fake-cluster.ts';
import { positions, staging } from '../../../../support/positions-stream.ts';

const streams = [positions];
const at = (address: string) => ({ ...staging, feed: { ...staging.feed, address } });
const foreign = at('feed.example.com:443');
const ours = at('127.0.0.1:19350');

describe('the lag of a sink', () => {
  const lagOf = (ranges: FakeTopic['ranges'], committed: readonly bigint[]) =>
    sinksLag.run({ streams, kafka: async () => fakeCluster({ positions: { ranges } }, committed) });

  test('is told, and is a warning from 100,000 records on', async () => {
    expect(await lagOf([[0n, 100_000n]], [1n])).toMatchObject([{ verdict: 'ok', message: 'lag 99999' }]);
    expect(await lagOf([[0n, 100_000n]], [0n])).toMatchObject([
      { verdict: 'warning', message: 'lag 100000: rows come late' },
    ]);
  });

  test('says that the topic was created anew when the committed offset is beyond its end', async () => {
    expect(await lagOf([[0n, 80n]], [500n])).toMatchObject([
      { verdict: 'ok', message: 'lag 0' },
      {
        verdict: 'warning',
        message: 'committed offset 500 of partition 0 is beyond the end of positions (80): the topic was created anew',
        remedy: expect.stringContaining('docs/operations.md'),
      },
    ]);
  });
});

test('refused updates and dead-letter records are counted, each with the command that shows them', async () => {
  const asideOf = (rejected: bigint, letters: bigint, handled = 0n) => {
    const topics: Record<string, FakeTopic> = {
      positions: { ranges: [[0n, 9n]] },
      'positions.rejected': { ranges: [[0n, rejected]] },
      'positions.dlq': { ranges: [[0n, letters]] },
    };
    return recordsAside.run({
      streams,
      kafka: async () => fakeCluster(topics, [9n]),
      openRecords: async (_stream, counts) => ({
        rejected: counts.rejected - handled,
        deadLetters: counts.deadLetters - handled,
      }),
    });
  };
  expect(await asideOf(0n, 0n)).toMatchObject([{ verdict: 'ok' }]);
  expect(await asideOf(2n, 2n, 2n)).toMatchObject([{ verdict: 'ok' }]);
  expect(await asideOf(2n, 3n)).toMatchObject([
    { verdict: 'warning', message: '2 refused updates are open', remedy: expect.stringContaining('rejected list') },
    { verdict: 'warning', message: '3 dead-letter records are open', remedy: expect.stringContaining('dlq list') },
  ]);
});

describe('the last checkpoint of a producer', () => {
  const checkpointOf = (environment: typeof staging, checkpoint: () => Promise<ResumePoint | undefined>) =>
    producerCheckpoint.run({ streams, environment, checkpoint });
  const written = (secondsAgo: number) => async () => ({
    slot: 7n,
    gaps: [],
    at: new Date(Date.now() - secondsAgo * 1000).toISOString(),
  });
  const missing = () => Promise.reject(new ConnectError('NOT_FOUND', 'topic positions.checkpoint does not exist'));

  test('is a warning after five minutes, and when there is none', async () => {
    expect(await checkpointOf(foreign, written(60))).toMatchObject([
      { verdict: 'ok', message: 'last checkpoint 60 s ago, at slot 7' },
    ]);
    expect(await checkpointOf(foreign, written(301))).toMatchObject([
      { verdict: 'warning', message: 'last checkpoint 5 min ago, at slot 7' },
    ]);
    expect(await checkpointOf(foreign, missing)).toMatchObject([{ verdict: 'warning' }]);
    expect(await checkpointOf(foreign, async () => undefined)).toMatchObject([{ verdict: 'warning' }]);
  });

  test('may be old where the feed is a simulator on this machine', async () => {
    expect(await checkpointOf(ours, written(9_000))).toMatchObject([{ verdict: 'ok' }]);
    expect(await checkpointOf(ours, missing)).toMatchObject([{ verdict: 'ok' }]);
  });

  test('says nothing when an older producer wrote no time', async () => {
    expect(await checkpointOf(foreign, async () => ({ slot: 7n, gaps: [] }))).toEqual([]);
  });
});

describe('the newest row', () => {
  const newestOf = (environment: typeof staging, age: string | undefined, columns = '2') =>
    newestRow.run({
      streams,
      environment,
      query: async <Row extends object>(sql: string) =>
        (sql.includes('pg_attribute') ? [{ count: columns }] : age === undefined ? [] : [{ age }]) as unknown as Row[],
    });

  test('is a warning when it is older than 15 minutes, and when there is none', async () => {
    expect(await newestOf(foreign, '12.4')).toMatchObject([{ verdict: 'ok', message: 'newest row 12 s old' }]);
    expect(await newestOf(foreign, '901')).toMatchObject([{ verdict: 'warning', message: 'newest row 15 min old' }]);
    expect(await newestOf(foreign, undefined)).toMatchObject([{ verdict: 'warning', message: 'no rows yet' }]);
    expect(await newestOf(ours, '901')).toMatchObject([{ verdict: 'ok' }]);
  });

  test('is not asked for of a table that does not say when a row was written', async () => {
    expect(await newestOf(foreign, '901', '1')).toEqual([]);
  });
});
