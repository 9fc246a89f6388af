import { expect, test } from 'vitest';
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
    summary: 'delete and create again, because of networkType; only with --replace',
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
