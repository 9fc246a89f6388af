import { expect, test } from 'vitest';
import { rejectedBound } from '../../../../../operate/doctor/checks/rejected-bound.ts';
import { fakeCluster } from '../../../../support/fake-cluster.ts';
import { positions } from '../../../../support/positions-stream.ts';

const boundOf = (
  records: bigint,
  mean: number,
  config: Record<string, string> = { 'retention.bytes': '10737418240' },
) =>
  rejectedBound.run({
    streams: [positions],
    kafka: async () => fakeCluster({ 'positions.rejected': { ranges: [[5n, records + 5n]], config } }),
    meanRejectedBytes: async () => mean,
  });

test('the topic of refused updates is a warning from 80 % of its bound on, and asked for its records only when it may be', async () => {
  const never = Number.NaN;
  expect(await boundOf(100n, never)).toMatchObject([{ verdict: 'ok' }]);
  expect(await boundOf(1_000_000n, never, { 'retention.bytes': '-1' })).toMatchObject([{ verdict: 'ok' }]);
  expect(await boundOf(1_000_000n, 8_000)).toMatchObject([{ verdict: 'ok', message: expect.stringContaining('75 %') }]);
  expect(await boundOf(1_000_000n, 9_000)).toMatchObject([
    {
      verdict: 'warning',
      message: expect.stringContaining('84 %'),
      remedy: expect.stringContaining('rejected replay'),
    },
  ]);
});
