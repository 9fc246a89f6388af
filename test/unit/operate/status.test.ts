import { describe, expect, test } from 'vitest';
import { createRestApi } from '../../../connectors/rest/api.ts';
import { createRestHost } from '../../../connectors/rest/host.ts';
import { positionsIn } from '../../../connectors/sink-group.ts';
import { readBacklog } from '../../../operate/backlog.ts';
import { isTroubled, readStatus, type StreamStatus } from '../../../operate/status.ts';
import { type FakeTopic, fakeCluster } from '../../support/fake-cluster.ts';
import { inMemoryGroups } from '../../support/in-memory-groups.ts';
import { type JsonReply, serveJson } from '../../support/json-server.ts';
import { positions } from '../../support/positions-stream.ts';

describe('the lag of a sink', () => {
  const lagsOf = async (ranges: FakeTopic['ranges'], committed: readonly bigint[]) =>
    (await readBacklog(fakeCluster({ positions: { ranges } }, committed), positions)).partitions.map(({ lag }) => lag);

  test('is what stands behind its committed offset; a sink without one has the whole partition before it', async () => {
    const ranges: FakeTopic['ranges'] = [
      [0n, 100n],
      [40n, 100n],
      [0n, 0n],
    ];
    expect(await lagsOf(ranges, [70n, -1n, -1n])).toEqual([30n, 60n, 0n]);
  });

  test('leaves out records that Kafka has expired', async () => {
    expect(await lagsOf([[40n, 100n]], [10n])).toEqual([60n]);
  });

  test('is never negative, not even with an offset that another topic of the same name has left', async () => {
    expect(await lagsOf([[0n, 80n]], [500n])).toEqual([0n]);
  });

  test('is the same for `status` and `offsets get`', async () => {
    const ranges: FakeTopic['ranges'] = [
      [40n, 100n],
      [0n, 80n],
      [5n, 20n],
    ];
    const admin = fakeCluster({ positions: { ranges } }, [10n, 500n, -1n]);
    const { partitions } = await readBacklog(admin, positions);
    const known = await positionsIn(admin, positions);
    expect(partitions).toEqual(known?.map(({ low: _low, ...position }) => position));
  });
});

test('records of the rejected and the dead-letter topic are those that Kafka still has', async () => {
  const topics: Record<string, FakeTopic> = {
    positions: { ranges: [[0n, 9n]] },
    'positions.rejected': { ranges: [[2n, 5n]] },
    'positions.dlq': { ranges: [[0n, 1n]] },
  };
  expect(await readBacklog(fakeCluster(topics, [9n]), positions)).toMatchObject({ rejected: 3n, deadLetters: 1n });
});

test('a stream without topics has no backlog', async () => {
  expect(await readBacklog(fakeCluster({}), positions)).toEqual({
    partitions: [],
    gaps: [],
    rejected: 0n,
    rejectedFrom: new Map(),
    deadLetters: 0n,
  });
});

test('a part that gives no answer is reported, and keeps no other from answering', { timeout: 30_000 }, async () => {
  const statusWith = async (reply: JsonReply | undefined) => {
    const config: JsonReply = { status: 200, body: { 'tasks.max': '1' } };
    const answer = (request: string) => (request.endsWith('/config') && reply !== undefined ? config : reply);
    return readStatus({
      stream: positions,
      host: createRestHost(createRestApi({ url: (await serveJson(answer)).url }), inMemoryGroups()),
      kafka: { brokers: ['127.0.0.1:1'] },
      database: { host: '127.0.0.1', port: 1, database: 'perps', user: 'app', password: 'x' },
    });
  };
  const trace = 'org.apache.kafka.connect.errors.DataException: too long\n\tat a.B.c(B.java:1)';
  const body = {
    name: 'positions-sink',
    connector: { state: 'RUNNING', worker_id: 'w' },
    tasks: [{ id: 0, state: 'FAILED', worker_id: 'w', trace }],
  };
  const [deployed, missing] = await Promise.all([statusWith({ status: 200, body }), statusWith(undefined)]);
  expect(deployed).toMatchObject({
    stream: 'positions',
    connector: 'positions-sink',
    state: 'RUNNING',
    tasks: [{ id: 0, state: 'FAILED', worker: 'w', failure: { cause: expect.stringContaining('too long') } }],
    lag: undefined,
    partitions: [],
    rows: undefined,
    unanswered: [
      { code: 'UNREACHABLE', message: expect.stringMatching(/^Kafka at 127\.0\.0\.1:1/) },
      { code: 'UNREACHABLE', message: expect.stringMatching(/^PostgreSQL at 127\.0\.0\.1:1/) },
    ],
  });
  expect(missing).toMatchObject({ state: 'MISSING', tasks: [] });
});

describe('a stream that somebody has to look at', () => {
  const status = (
    state: StreamStatus['state'],
    tasks: readonly StreamStatus['tasks'][number]['state'][],
    gaps: StreamStatus['gaps'] = [],
  ): StreamStatus => ({
    stream: 'positions',
    connector: 'positions-sink',
    state,
    tasks: tasks.map((one, id) => ({ id, state: one, worker: 'w', failure: undefined })),
    failure: undefined,
    notes: [],
    lag: 0n,
    partitions: [],
    gaps,
    rows: undefined,
    rejected: 0n,
    rejectedDeleted: 0n,
    openRejected: 0n,
    openDeadLetters: 0n,
    deadLetters: 0n,
    producer: undefined,
    freshness: undefined,
    tablePartitions: undefined,
    watch: undefined,
    unanswered: [],
  });
  const gap = { partition: 0, from: 1n, to: 2n };

  test.each([
    ['has FAILED', status('FAILED', [])],
    ['has a task that has FAILED', status('RUNNING', ['RUNNING', 'FAILED'])],
    ['is held back and has a task that has FAILED', status('PAUSED', ['PAUSED', 'FAILED'])],
    ['has a task that nobody runs', status('RUNNING', ['RUNNING', 'UNASSIGNED'])],
    ['has no task', status('RUNNING', [])],
    ['is not deployed', status('MISSING', [])],
    ['would jump over deleted records', status('STOPPED', [], [{ ...gap, state: 'open' }])],
  ])('%s', (_what, seen) => {
    expect(isTroubled(seen)).toBe(true);
  });

  test.each([
    ['runs', status('RUNNING', ['RUNNING'])],
    ['is held back', status('STOPPED', [])],
    ['gave no answer', status(undefined, [])],
    ['has jumped over a gap that was accepted', status('RUNNING', ['RUNNING'], [{ ...gap, state: 'accepted' }])],
  ])('is none that %s', (_what, seen) => {
    expect(isTroubled(seen)).toBe(false);
  });
});
