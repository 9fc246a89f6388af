import { expect, test } from 'vitest';
import { CLUSTER } from '../../../support/msk/environment.ts';
import { createMskSink, type MskSink } from '../../../support/msk/msk-sink.ts';

const lines = (entries: Awaited<ReturnType<MskSink['plan']>>) => entries.map(({ kind, action }) => `${kind} ${action}`);

test('a plan names what has to be made first, and is empty after the deploy', async () => {
  const sink = await createMskSink();
  expect(lines(await sink.plan())).toEqual(['plugin create', 'worker configuration create', 'connector create']);
  await sink.deploy();
  expect(lines(await sink.plan())).toEqual(['connector unchanged']);
});

test('a change of the polls makes another worker configuration, shown property by property', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  const [configuration, connector] = await sink.plan({ sink: { maxPollRecords: 2000, batchSize: 2000 } });
  expect(configuration).toMatchObject({ kind: 'worker configuration', action: 'create' });
  expect(connector).toMatchObject({
    action: 'update',
    summary: 'update in place: worker settings, then configuration',
    changes: [{ key: 'batch.size' }, { key: 'worker consumer.max.poll.records', before: '1000', after: '2000' }],
  });
});

test('a replacement says where the group stands and how it is asked for', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  sink.groups.commit(0, 120n);
  const entries = await sink.plan({ connect: { networkType: 'dual' } });
  expect(entries.at(-1)).toMatchObject({
    action: 'replace',
    summary: 'delete and create again, because of networkType',
    effects: ['its group connect-positions-sink is at positions-0@120, lag 7: it goes on there'],
  });
});

test('autoscaled capacity leaves tasks.max out and says so', async () => {
  const sink = await createMskSink();
  const capacity = { autoscaled: { mcuCount: 2, minWorkers: 1, maxWorkers: 2, scaleInCpu: 20, scaleOutCpu: 80 } };
  await sink.deploy({ connect: { capacity } });
  expect((await sink.plan({ connect: { capacity } })).at(-1)).toMatchObject({
    action: 'unchanged',
    ignored: [{ key: 'tasks.max', reason: 'autoscaled capacity decides' }],
  });
});

const brokers = (...numbers: number[]) =>
  numbers.map((number) => `b-${number}.perps.0a1b2c.c2.kafka.eu-central-1.amazonaws.com:9098`).join(',');

test('other brokers of the same cluster are no difference: the service names some of them, not always the same', async () => {
  const told = { bootstrapBrokerStringSaslIam: brokers(1, 2, 3) };
  const sink = await createMskSink({ brokers: told });
  const connect = { cluster: CLUSTER, brokers: undefined };
  await sink.deploy({ connect });
  told.bootstrapBrokerStringSaslIam = brokers(1, 2, 4);
  expect(lines(await sink.plan({ connect }))).toEqual(['connector unchanged']);
  told.bootstrapBrokerStringSaslIam = brokers(1, 2).replaceAll('perps', 'other');
  expect((await sink.plan({ connect })).at(-1)).toMatchObject({ action: 'replace', changes: [{ key: 'brokers' }] });
});

test('brokers that the environment names itself are compared as they stand', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  const connect = { brokers: ['b-1.example.com:9098', 'b-3.example.com:9098'] };
  expect((await sink.plan({ connect })).at(-1)).toMatchObject({ action: 'replace', changes: [{ key: 'brokers' }] });
});

test.each([
  ['resume', /^resumes where an earlier positions-sink stopped \(positions-0@120\)/],
  ['earliest', /^begins with the oldest record, .*: 120 records are upserted again$/],
  ['latest', /^begins with the next record: 7 records are left out of the table$/],
] as const)('a new sink says where it begins: %s', async (from, effect) => {
  const sink = await createMskSink();
  sink.groups.commit(0, 120n);
  expect((await sink.plan({ from })).at(-1)).toMatchObject({ effects: [expect.stringMatching(effect)] });
});

test('a plugin that the service could not read is made anew, and the plan says why', async () => {
  const sink = await createMskSink();
  await sink.deploy();
  sink.fake.connectors.clear();
  for (const plugin of sink.fake.resources.plugins.values()) plugin.state = 'CREATE_FAILED';
  const [plugin] = await sink.plan();
  expect(plugin).toMatchObject({
    kind: 'plugin',
    action: 'replace',
    summary: expect.stringMatching(/^delete, upload .*, then create again$/),
    notes: ['it is CREATE_FAILED: the service does not say why'],
  });
  await expect(sink.deploy()).resolves.toMatchObject({ outcome: 'created' });
  expect(sink.fake.calls).toContain('DeleteCustomPlugin');
});
