import { expect, test } from 'vitest';
import { retentionOverrun } from '../../../../../operate/doctor/checks/kafka.ts';
import type { AcceptedGap } from '../../../../../operate/gaps.ts';
import { type FakeTopic, fakeCluster } from '../../../../support/fake-cluster.ts';
import { positions } from '../../../../support/positions-stream.ts';

const diagnosesOf = (
  topics: Readonly<Record<string, FakeTopic>>,
  committed: readonly bigint[],
  accepted: readonly AcceptedGap[] = [],
) =>
  retentionOverrun.run({
    streams: [positions],
    kafka: async () => fakeCluster(topics, committed),
    acceptedGaps: async () => accepted,
  });

test('records that were deleted before the sink read them are named to the last', async () => {
  const ranges: FakeTopic['ranges'] = [
    [0n, 20n],
    [12n, 20n],
    [7n, 20n],
    [9_007_199_254_740_993n, 9_007_199_254_740_999n],
  ];
  expect(await diagnosesOf({ positions: { ranges } }, [5n, 10n, -1n, 9_007_199_254_740_993n])).toMatchObject([
    { verdict: 'broken', message: expect.stringContaining('records 10 to 11 of partition 1 were deleted') },
  ]);
});

test('a sink that has everything still to read before it is ok', async () => {
  expect(await diagnosesOf({ positions: { ranges: [[3n, 20n]] } }, [3n])).toMatchObject([{ verdict: 'ok' }]);
});

test('a gap that somebody has accepted goes on being told', async () => {
  const mark = { partition: 0, from: 1n, to: 2n, at: '2026-01-01T00:00:00.000Z' };
  expect(await diagnosesOf({ positions: { ranges: [[3n, 20n]] } }, [9n], [mark])).toMatchObject([
    { verdict: 'warning', message: expect.stringContaining('records 1 to 2 of partition 0 were deleted') },
  ]);
});

test('there is nothing to say of a topic that does not exist', async () => {
  expect(await diagnosesOf({}, [])).toEqual([]);
});
