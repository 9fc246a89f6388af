import { expect, test } from 'vitest';
import { ConnectError } from '../../../../../core/errors.ts';
import { feedCommitment } from '../../../../../operate/doctor/checks/feed.ts';
import type { Commitment } from '../../../../../producer/feed/event.ts';
import { positions } from '../../../../support/positions-stream.ts';

const diagnosesOf = (commitment: Commitment | undefined) =>
  feedCommitment.run({ streams: [positions], checkpoint: async () => ({ slot: 1n, gaps: [], commitment }) });

test.each([
  ['processed', 'warning'],
  ['confirmed', 'ok'],
  ['finalized', 'ok'],
] as const)('a producer that reads at %s: %s', async (commitment, verdict) => {
  expect(await diagnosesOf(commitment)).toMatchObject([{ verdict, subject: 'positions' }]);
});

test('a producer that has not said its level, has not run, or has no topic yet is left out', async () => {
  expect(await diagnosesOf(undefined)).toEqual([]);
  const run = (checkpoint: () => Promise<undefined>) => feedCommitment.run({ streams: [positions], checkpoint });
  expect(await run(async () => undefined)).toEqual([]);
  const missing = new ConnectError('NOT_FOUND', 'no topic', { hint: 'deploy' });
  expect(await run(() => Promise.reject(missing))).toEqual([]);
  await expect(run(() => Promise.reject(new ConnectError('UNREACHABLE', 'Kafka', { hint: 'x' })))).rejects.toThrow();
});
