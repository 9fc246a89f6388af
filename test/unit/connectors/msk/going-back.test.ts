import { expect, test } from 'vitest';
import { connectorOf, createMskSink, deployedMskSink, type MskSink } from '../../../support/msk/msk-sink.ts';

const settings = (sink: MskSink) => connectorOf(sink).settings.connectorConfiguration;

test('a value that the service shows by a mask is no sign that it went back', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.masks = /^connection\.password$/;
  await expect(sink.deploy({ sink: { batchSize: 700 } })).resolves.toMatchObject({ outcome: 'updated' });
  sink.fake.faults.failUpdate = 'silent';
  await expect(sink.deploy({ sink: { batchSize: 800 } })).rejects.toMatchObject({ code: 'DEPLOY_FAILED' });
  expect(Object.values(settings(sink))).not.toContain('********');
});

test('tags that may not be set end a deploy before it has changed anything', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.answers.push({
    operation: 'TagResource',
    status: 403,
    times: 1,
    message: 'kafkaconnect:TagResource',
  });
  const changes = { sink: { batchSize: 700 }, connect: { tags: { team: 'perps', stage: 'test' } } };
  await expect(sink.deploy(changes)).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringContaining('kafkaconnect:TagResource'),
  });
  expect(connectorOf(sink).operations).toEqual([]);
});

test('a rollback of the service whose tasks do not come back is no rollback', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.failUpdate = 'ROLLBACK_COMPLETE';
  const deploying = sink.deploy(
    { sink: { batchSize: 700 } },
    { timeoutMs: 300, onEvent: (event) => void (event.kind === 'note' && sink.setMembers(0)) },
  );
  await expect(deploying).rejects.toMatchObject({
    code: 'ROLLBACK_FAILED',
    message: expect.stringContaining('0 of 2 tasks are in its group'),
  });
});

test('a rollback under which as little runs as before says so', async () => {
  const sink = await deployedMskSink();
  sink.setMembers(1);
  sink.fake.faults.failUpdate = 'ROLLBACK_COMPLETE';
  await expect(sink.deploy({ sink: { batchSize: 700 } }, { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: expect.stringContaining('MSK Connect rolled back by itself: not every task ran before, either'),
  });
});

test('members that a dead worker has left do not pass for tasks of a new connector', async () => {
  const sink = await createMskSink();
  sink.groups.setMembers(new Set(['of-a-dead-worker-1', 'of-a-dead-worker-2']));
  await expect(sink.deploy({}, { timeoutMs: 1_500 })).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('the group connect-positions-sink to be empty: it has 2 members'),
  });
  expect(sink.fake.calls).not.toContain('CreateConnector');
});

test('members that an update has left behind do not pass for its tasks', async () => {
  const sink = await deployedMskSink();
  const dead = new Set(['of-a-dead-worker-1', 'of-a-dead-worker-2']);
  sink.groups.setMembers(dead);
  await expect(sink.deploy({ sink: { batchSize: 700 } }, { timeoutMs: 300, rollback: false })).rejects.toMatchObject({
    code: 'REFUSED',
  });
});

test('a replacement that fails gives the connector its own tags back, also those of others', async () => {
  const sink = await deployedMskSink();
  connectorOf(sink).tags.owner = 'somebody';
  sink.fake.faults.failCreate = { code: 'UnknownError.Unknown', message: 'no' };
  const deploying = sink.deploy(
    { connect: { subnets: ['subnet-1a1b2c3d4e5f6a7b8'] } },
    {
      onEvent: (event) => {
        if (event.kind === 'note' && event.text.includes('going back')) delete sink.fake.faults.failCreate;
      },
    },
  );
  await expect(deploying).rejects.toMatchObject({ code: 'DEPLOY_FAILED' });
  expect(connectorOf(sink).tags).toEqual({ team: 'perps', owner: 'somebody' });
});
