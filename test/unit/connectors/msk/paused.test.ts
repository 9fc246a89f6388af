import { expect, test } from 'vitest';
import { connectorOf, createMskSink, deployedMskSink, type MskSink } from '../../../support/msk/msk-sink.ts';

const operations = (sink: MskSink) => connectorOf(sink).operations.map(({ type }) => type);

test('a new sink cannot begin paused: it would write first', async () => {
  const sink = await createMskSink();
  expect(await sink.plan({ sink: { state: 'paused' } })).toMatchObject([
    { kind: 'connector', action: 'blocked', summary: expect.stringContaining('cannot begin paused') },
  ]);
  await expect(sink.deploy({ sink: { state: 'paused' } })).rejects.toMatchObject({ code: 'REFUSED' });
  expect(sink.fake.connectors.size).toBe(0);
});

test('a sink that is declared paused is held back before it gets its new configuration', async () => {
  const sink = await deployedMskSink();
  await expect(sink.deploy({ sink: { state: 'paused', batchSize: 700 } })).resolves.toMatchObject({
    outcome: 'updated',
    state: 'PAUSED',
  });
  expect(operations(sink)).toEqual(['PAUSE_CONNECTOR', 'UPDATE_CONNECTOR_CONFIGURATION']);
  await expect(sink.deploy({ sink: { state: 'paused', batchSize: 700 } })).resolves.toMatchObject({
    outcome: 'unchanged',
  });
});

test('one that is paused as declared takes another configuration, and the plan says that nobody has tried it', async () => {
  const sink = await deployedMskSink();
  await sink.deploy({ sink: { state: 'paused' } });
  expect((await sink.plan({ sink: { state: 'paused', batchSize: 700 } })).at(-1)).toMatchObject({
    action: 'update',
    effects: [expect.stringContaining('until then nobody knows whether it does')],
  });
  await sink.deploy({ sink: { state: 'paused', batchSize: 700 } });
  expect(connectorOf(sink)).toMatchObject({
    state: 'PAUSED',
    settings: { connectorConfiguration: { 'batch.size': '700' } },
  });
});

test('one that has to run again gets its configuration first', async () => {
  const sink = await deployedMskSink();
  await sink.deploy({ sink: { state: 'paused' } });
  await expect(sink.deploy({ sink: { state: 'running', batchSize: 700 } })).resolves.toMatchObject({
    outcome: 'updated',
    changes: [{ key: 'batch.size' }, { key: 'sink.state', before: 'paused', after: 'running' }],
  });
  expect(operations(sink)).toEqual(['PAUSE_CONNECTOR', 'UPDATE_CONNECTOR_CONFIGURATION', 'RESUME_CONNECTOR']);
  expect(connectorOf(sink).state).toBe('RUNNING');
});

test('one that does not run again is put back as it was, configuration and run state', async () => {
  const sink = await deployedMskSink();
  await sink.deploy({ sink: { state: 'paused' } });
  sink.setMembers(0);
  await expect(sink.deploy({ sink: { state: 'running', batchSize: 700 } }, { timeoutMs: 300 })).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
  });
  expect(connectorOf(sink)).toMatchObject({
    state: 'PAUSED',
    settings: { connectorConfiguration: { 'batch.size': '1000' } },
  });
});
