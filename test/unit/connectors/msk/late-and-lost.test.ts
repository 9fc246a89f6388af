import { expect, test } from 'vitest';
import type { FakeConnector } from '../../../support/msk/fake-connectors.ts';
import { connectorOf, createMskSink, deployedMskSink, type MskSink } from '../../../support/msk/msk-sink.ts';

test('a connector that is not shown at once is waited for', async () => {
  const sink = await createMskSink();
  sink.fake.faults.hiddenLooks = 6;
  await expect(sink.deploy()).resolves.toMatchObject({ outcome: 'created' });
});

test('one that was created by a call whose answer was lost is waited for as well', async () => {
  const sink = await createMskSink();
  sink.fake.faults.hiddenLooks = 6;
  sink.fake.faults.loseAnswer = 'CreateConnector';
  await expect(sink.deploy()).resolves.toMatchObject({ outcome: 'created' });
});

test.each([
  ['PauseConnector', 'RUNNING', 'PAUSED', (sink: MskSink) => sink.host().pause('positions-sink', { timeoutMs: 2_000 })],
  [
    'ResumeConnector',
    'PAUSED',
    'RUNNING',
    (sink: MskSink) => sink.host().resume('positions-sink', { timeoutMs: 2_000 }),
  ],
  [
    'RestartConnector',
    'RUNNING',
    'RUNNING',
    (sink: MskSink) => sink.host().restart('positions-sink', { onlyFailed: false }, { timeoutMs: 2_000 }),
  ],
] as const)('a %s whose answer was lost is recognised by its operation', async (operation, from, to, act) => {
  const sink = await deployedMskSink();
  connectorOf(sink).state = from;
  sink.fake.faults.loseAnswer = operation;
  await act(sink);
  expect(connectorOf(sink).state).toBe(to);
  expect(connectorOf(sink).operations).toHaveLength(1);
});

/** An operation that the connector's state does not show, and that ends after some looks. */
function busyBehindTheScenes(one: FakeConnector): void {
  one.operations.push({
    arn: `${one.arn.replace(':connector/', ':connector-operation/')}/behind`,
    type: 'ISOLATE_CONNECTOR',
    state: 'UPDATE_IN_PROGRESS',
    steps: [],
    createdAt: new Date().toISOString(),
  });
  const finish = () => void Object.assign(one.operations.at(-1) ?? {}, { state: 'UPDATE_COMPLETE' });
  one.pending = { looks: 3, isReady: true, finish };
}

test('an operation in progress in a steady state is waited for by an update', async () => {
  const sink = await deployedMskSink();
  busyBehindTheScenes(connectorOf(sink));
  await expect(sink.deploy({ sink: { batchSize: 700 } })).resolves.toMatchObject({ outcome: 'updated' });
});

test('and by a pause', async () => {
  const sink = await deployedMskSink();
  busyBehindTheScenes(connectorOf(sink));
  await sink.host().pause('positions-sink', { timeoutMs: 2_000 });
  expect(connectorOf(sink).state).toBe('PAUSED');
});

test('a wait that takes too long says in which state the connector is, and that it goes on', async () => {
  const sink = await createMskSink();
  sink.fake.faults.looks = Number.POSITIVE_INFINITY;
  await expect(sink.deploy({}, { timeoutMs: 1_500, rollback: false })).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('it is CREATING on MSK Connect in eu-central-1, and goes on without us'),
  });
});

test('the state that a worker has no word for is told beside the sink', async () => {
  const sink = await deployedMskSink();
  connectorOf(sink).state = 'UPDATING';
  await expect(sink.host().observe('positions-sink')).resolves.toMatchObject({
    state: 'UNASSIGNED',
    notes: ['MSK Connect says that it is UPDATING'],
  });
});

test('a FAILED connector is neither restarted nor resumed; what is left to do is said', async () => {
  const sink = await deployedMskSink();
  connectorOf(sink).state = 'FAILED';
  for (const act of [sink.host().resume, sink.host().pause]) {
    await expect(act('positions-sink', { timeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'REFUSED',
      hint: expect.stringContaining('`connect deploy --replace`'),
    });
  }
});
