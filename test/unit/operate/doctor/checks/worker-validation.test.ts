import { expect, test } from 'vitest';
import type { ConfigFinding } from '../../../../../connectors/host.ts';
import { workerAccepts, workerOverridePolicy } from '../../../../../operate/doctor/checks/worker.ts';
import { positions } from '../../../../support/positions-stream.ts';

const probesOf = (findings: ConfigFinding[] | undefined) => ({ streams: [positions], validate: async () => findings });

/** What Kafka Connect 4.3.1 says with connector.client.config.override.policy=None. */
const NONE = {
  key: 'consumer.override.max.poll.records',
  errors: ["The 'None' policy does not allow 'max.poll.records' to be overridden in the connector configuration."],
};

test('a worker that lets a sink set no consumer is found by what it says of the configuration', async () => {
  expect(await workerOverridePolicy.run(probesOf([NONE]))).toMatchObject([
    {
      verdict: 'broken',
      subject: 'positions-sink',
      message: 'the worker refuses consumer.override.max.poll.records',
      remedy: expect.stringContaining('override.policy=All'),
    },
  ]);
  expect(await workerAccepts.run(probesOf([NONE]))).toMatchObject([{ verdict: 'ok' }]);
});

test('what else a worker has against a configuration is another line', async () => {
  const finding = { key: 'batch.size', errors: ['must be at least 1'] };
  expect(await workerAccepts.run(probesOf([finding]))).toMatchObject([
    { verdict: 'broken', message: 'the worker refuses batch.size: must be at least 1' },
  ]);
  expect(await workerOverridePolicy.run(probesOf([finding]))).toMatchObject([{ verdict: 'ok' }]);
});

test('of a host that validates nothing there is nothing to say', async () => {
  expect(await workerAccepts.run(probesOf(undefined))).toEqual([]);
  expect(await workerOverridePolicy.run(probesOf(undefined))).toEqual([]);
});
