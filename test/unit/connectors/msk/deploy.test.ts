import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { CLUSTER } from '../../../support/msk/environment.ts';
import { connectorOf, createMskSink, type MskSink } from '../../../support/msk/msk-sink.ts';

const notes = ({ events }: MskSink) => events.flatMap((event) => (event.kind === 'note' ? [event.text] : []));
const updates = ({ fake }: MskSink) => fake.calls.filter((call) => call === 'UpdateConnector').length;
const writes = ({ fake }: MskSink) => fake.calls.filter((call) => /^(Create|Update|Delete|Tag|PUT)/.test(call));

test('a new sink gets its plugin, its worker configuration and its connector, in this order', async () => {
  const sink = await createMskSink();
  await expect(sink.deploy()).resolves.toMatchObject({
    outcome: 'created',
    state: 'RUNNING',
    tasks: [{ id: 0, state: 'RUNNING' }, { id: 1 }],
  });
  expect(writes(sink)).toEqual([
    expect.stringMatching(/^PUT plugins\/connect\/perps-connect-[0-9a-f]{64}\.zip$/),
    'CreateCustomPlugin',
    'CreateWorkerConfiguration',
    'CreateConnector',
  ]);
  const { settings, tags } = connectorOf(sink);
  expect(tags).toEqual({ team: 'perps' });
  expect(settings.connectorConfiguration).toMatchObject({ 'tasks.max': '2', 'config.action.reload': 'none' });
  expect(Object.keys(settings.connectorConfiguration).filter((key) => /^name$|override/.test(key))).toEqual([]);
  const { properties } = sink.fake.resources.filesOf(settings);
  expect(properties).toContain('consumer.max.poll.records=1000\n');
});

test('a second deploy changes nothing', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  const before = writes(sink).length;
  await expect(sink.deploy()).resolves.toMatchObject({ outcome: 'unchanged', changes: [] });
  expect(writes(sink)).toHaveLength(before);
});

test('a changed setting is one update of the configuration, followed to the end of its operation', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  sink.fake.faults.looks = 3;
  const result = await sink.deploy({ sink: { batchSize: 700 } });
  expect(result).toMatchObject({ outcome: 'updated', changes: [{ key: 'batch.size', before: '1000', after: '700' }] });
  expect(updates(sink)).toBe(1);
  expect(notes(sink).filter((text) => text.startsWith('UPDATE_CONNECTOR_CONFIGURATION')).length).toBeGreaterThan(1);
});

test('plugin, consumer tuning and capacity go in one update, the configuration in another', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  const result = await sink.deploy({
    sink: { batchSize: 700, maxPollRecords: 2000 },
    plugin: 'another zip',
    connect: { capacity: { provisioned: { mcuCount: 2, workerCount: 1 } } },
  });
  expect(result.changes.map(({ key }) => key)).toEqual([
    'batch.size',
    'capacity.mcuCount',
    'plugin',
    'worker consumer.max.poll.records',
  ]);
  expect(connectorOf(sink).operations.map(({ type, state }) => `${type} ${state}`)).toEqual([
    'UPDATE_WORKER_SETTING UPDATE_COMPLETE',
    'UPDATE_CONNECTOR_CONFIGURATION UPDATE_COMPLETE',
  ]);
});

test('capacity that is as before is not sent again, which the service would refuse', async () => {
  const sink = await createMskSink();
  const capacity = { autoscaled: { mcuCount: 1, minWorkers: 1, maxWorkers: 2, scaleInCpu: 20, scaleOutCpu: 80 } };
  await sink.deploy({ connect: { capacity } });
  await expect(sink.deploy({ connect: { capacity }, sink: { batchSize: 700 } })).resolves.toMatchObject({
    outcome: 'updated',
  });
});

test('tags that the files name are added, those of others stay', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  connectorOf(sink).tags.owner = 'somebody';
  await expect(sink.deploy({ connect: { tags: { team: 'perps', stage: 'test' } } })).resolves.toMatchObject({
    changes: [{ key: 'tags.stage', after: 'test' }],
  });
  expect(connectorOf(sink).tags).toEqual({ team: 'perps', stage: 'test', owner: 'somebody' });
});

test('what only another connector can have is a replacement, which needs a flag', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  const change = { connect: { subnets: ['subnet-1a1b2c3d4e5f6a7b8'] } };
  const { arn } = connectorOf(sink);
  expect((await sink.plan(change)).at(-1)).toMatchObject({
    action: 'replace',
    needs: '--replace',
    changes: [{ key: 'subnets' }],
  });
  await expect(sink.deploy(change)).resolves.toMatchObject({ outcome: 'replaced' });
  expect(connectorOf(sink).arn).not.toBe(arn);
});

test('a replacement that does not run makes way for what was there', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  sink.fake.faults.failCreate = { code: 'UnknownError.Unknown', message: 'The last operation failed.' };
  const deploying = sink.deploy(
    { connect: { subnets: ['subnet-1a1b2c3d4e5f6a7b8'] } },
    {
      onEvent: (event) => {
        if (event.kind === 'note' && event.text.includes('going back')) delete sink.fake.faults.failCreate;
      },
    },
  );
  await expect(deploying).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    details: { rollback: 'rolled back: the previous connector was created again: RUNNING 2/2 tasks' },
  });
  expect(connectorOf(sink)).toMatchObject({ state: 'RUNNING' });
});

test('a paused sink is left alone', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  connectorOf(sink).state = 'PAUSED';
  await expect(sink.deploy({ sink: { batchSize: 700 } })).rejects.toMatchObject({
    code: 'REFUSED',
    hint: expect.stringContaining('run `connect resume` first'),
  });
});

test('a ZIP that was built anew since the plan is not deployed', async () => {
  const sink = await createMskSink();
  const host = sink.host();
  const { entries } = await host.plan(sink.desired());
  sink.host({ plugin: 'another zip' });
  await expect(host.deploy(sink.desired(), entries, { timeoutMs: 2_000 })).rejects.toMatchObject({
    code: 'UNSAFE',
    message: expect.stringContaining('was built anew since the plan'),
  });
  expect(writes(sink)).toEqual([]);
});

test('a zip in the bucket counts when S3 proves its bytes, and not for having the same name and size', async () => {
  const sink = await createMskSink();
  const objects = sink.fake.objects as Map<string, Buffer>;
  const key = `plugins/connect/perps-connect-${hash('sha256', 'zip')}.zip`;
  objects.set(key, Buffer.from('zap'));
  await sink.deploy();
  expect(String(objects.get(key))).toBe('zip');
  sink.fake.resources.plugins.clear();
  await sink.deploy({ plugin: 'another zip' });
  await sink.deploy();
  const uploads = writes(sink).filter((call) => call === `PUT ${key}`);
  expect(uploads).toHaveLength(1);
});

test('brokers and plugin are looked up once for a plan and its deploy', async () => {
  const sink = await createMskSink({ brokers: { bootstrapBrokerStringTls: 'b-1.example.com:9094' } });
  const host = sink.host({ connect: { cluster: CLUSTER, brokers: undefined, authentication: 'none' } });
  const { entries } = await host.plan(sink.desired());
  await host.deploy(sink.desired(), entries, { timeoutMs: 2_000, settleMs: 0 });
  expect(sink.fake.calls.filter((call) => call === 'GetBootstrapBrokers')).toHaveLength(1);
});

test('offsets that Kafka does not hold after they were set keep a new sink from being made, and go back', async () => {
  const sink = await createMskSink();
  sink.groups.commit(0, 5n);
  const { setOffsets } = sink.groups;
  let times = 0;
  sink.groups.setOffsets = async (...args) => {
    times += 1;
    if (times > 1) await setOffsets(...args);
  };
  await expect(sink.deploy({ from: 'latest' })).rejects.toMatchObject({
    code: 'REFUSED',
    message: 'Kafka holds offset 5 of positions-0 for positions-sink, not 127 as it was told',
  });
  expect(times).toBe(2);
  expect(sink.groups.committed()).toEqual({ 0: 5n });
  expect(sink.fake.calls).not.toContain('CreateConnector');
});

test('two sinks that are planned together are deployed one after the other, and the plugin of both is made once', async () => {
  const sink = await createMskSink();
  const host = sink.host();
  const both = [sink.desired(), sink.desired({ sink: { name: 'positions-sink-2' } })];
  const plans = await Promise.all(both.map((one) => host.plan(one)));
  for (const [index, one] of both.entries()) {
    const { entries = [] } = plans[index] ?? {};
    await expect(host.deploy(one, entries, { timeoutMs: 2_000, settleMs: 0 })).resolves.toMatchObject({
      outcome: 'created',
    });
  }
  expect(sink.fake.calls.filter((call) => call === 'CreateCustomPlugin')).toHaveLength(1);
});

test('two sinks are deployed at once, and the plugin of both is made once', async () => {
  const sink = await createMskSink();
  const host = sink.host();
  const both = [sink.desired(), sink.desired({ sink: { name: 'positions-sink-2' } })];
  const plans = await Promise.all(both.map((one) => host.plan(one)));
  const deploying = both.map((one, index) =>
    host.deploy(one, plans[index]?.entries ?? [], { timeoutMs: 5_000, settleMs: 0 }),
  );
  await expect(Promise.all(deploying)).resolves.toMatchObject([{ outcome: 'created' }, { outcome: 'created' }]);
  expect(sink.fake.calls.filter((call) => /^PUT|CreateCustomPlugin/.test(call))).toHaveLength(2);
  expect(host.sideBySide).toBe(true);
});
