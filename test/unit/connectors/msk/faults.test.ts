import { expect, test, vi } from 'vitest';
import { logFailure } from '../../../support/msk/fake-logs.ts';
import { connectorOf, createMskSink, deployedMskSink, type MskSink } from '../../../support/msk/msk-sink.ts';

const settings = (sink: MskSink) => connectorOf(sink).settings.connectorConfiguration;

test.each([429, 500, 503] as const)('HTTP %s is tried again with a growing pause', async (status) => {
  const sink = await createMskSink();
  sink.fake.faults.answers.push({ operation: 'ListConnectors', status, times: 2 });
  await expect(sink.deploy()).resolves.toMatchObject({ outcome: 'created' });
});

test('a create that takes long is waited for', async () => {
  const sink = await createMskSink();
  sink.fake.faults.looks = 30;
  await expect(sink.deploy()).resolves.toMatchObject({ outcome: 'created' });
  expect(sink.events).toContainEqual({ kind: 'note', text: 'is CREATING' });
});

test('a create that never ends is told as what it is', async () => {
  const sink = await createMskSink();
  sink.fake.faults.looks = Number.POSITIVE_INFINITY;
  await expect(sink.deploy({}, { timeoutMs: 100, rollback: false })).rejects.toMatchObject({ code: 'TIMEOUT' });
});

test('a connector that FAILED for a reason nobody knows is removed again', async () => {
  const sink = await createMskSink();
  sink.fake.faults.failCreate = { code: 'UnknownError.Unknown', message: 'The last operation failed.' };
  await expect(sink.deploy()).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    exitCode: 4,
    message: expect.stringContaining('UnknownError.Unknown: The last operation failed.'),
    details: { rollback: 'rolled back: the connector was removed again' },
  });
  expect(sink.fake.connectors.size).toBe(0);
});

test('a RUNNING connector with a failed task is none that runs: the group has a member less', async () => {
  const sink = await createMskSink();
  sink.setMembers(1);
  await expect(sink.deploy({}, { timeoutMs: 1_000 })).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: expect.stringContaining('1 of 2 tasks are in its group connect-positions-sink'),
    hint: expect.stringContaining("the workers' log says why"),
  });
});

test('a failed task is told at once, with its cause, where the log of the workers can be read', async () => {
  const sink = await createMskSink();
  const connect = { logs: { cloudWatch: { logGroup: '/perps/connect' } } };
  sink.setMembers(1);
  logFailure(sink.fake.logs, {
    at: Date.now() + 5_000,
    says: 'WorkerSinkTask{id=positions-sink-1} Task threw an uncaught and unrecoverable exception. Task is being killed',
    trace:
      'org.apache.kafka.connect.errors.ConnectException: outer\nCaused by: org.postgresql.util.PSQLException: ERROR: column "mark_price" does not exist\n\tat a.b.C',
  });
  const began = Date.now();
  await expect(sink.deploy({ connect }, { timeoutMs: 60_000 })).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    message: expect.stringMatching(/task 1 on MSK Connect\n {2}cause {3}PSQLException: column "mark_price"/),
    hint: expect.stringContaining('connect migrate up'),
  });
  expect(Date.now() - began).toBeLessThan(10_000);
});

test('a failed task of a sink that needs no change is restarted', async () => {
  const sink = await deployedMskSink();
  sink.setMembers(1);
  const deploying = sink.deploy(
    {},
    { onEvent: (event) => void (event.kind === 'note' && /^RESTART/.test(event.text) && sink.setMembers(2)) },
  );
  await expect(deploying).resolves.toMatchObject({ outcome: 'unchanged', restarts: 1, tasks: [{ id: 0 }, { id: 1 }] });
  expect(sink.fake.calls).toContain('RestartConnector');
});

test.each(['UPDATE_FAILED', 'ROLLBACK_COMPLETE'] as const)(
  '%s is a failure with its steps and reason',
  async (outcome) => {
    const sink = await deployedMskSink();
    sink.fake.faults.failUpdate = outcome;
    await expect(sink.deploy({ sink: { batchSize: 700 } })).rejects.toMatchObject({
      code: 'DEPLOY_FAILED',
      exitCode: 4,
      message: [
        `positions-sink: UPDATE_CONNECTOR_CONFIGURATION ended in ${outcome}`,
        '  step    INITIALIZE_UPDATE COMPLETED',
        '  step    VALIDATE_UPDATE FAILED',
        '  step    UPDATE_CONNECTOR_CONFIGURATION CANCELLED',
        '  step    FINALIZE_UPDATE CANCELLED',
        '  reason  UnknownError.Unknown: The last operation failed. Retry the operation.',
        `  ${outcome === 'UPDATE_FAILED' ? 'the previous configuration is in place' : 'MSK Connect rolled back by itself'}: RUNNING 2/2 tasks`,
      ].join('\n'),
    });
    expect(settings(sink)['batch.size']).toBe('1000');
  },
);

test('a rollback of the service that failed is told as such', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.failUpdate = 'ROLLBACK_FAILED';
  await expect(sink.deploy({ sink: { batchSize: 700 } })).rejects.toMatchObject({
    code: 'ROLLBACK_FAILED',
    exitCode: 5,
  });
});

test('an update that the service silently takes back is no success', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.failUpdate = 'silent';
  await expect(sink.deploy({ sink: { batchSize: 700 } })).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    exitCode: 4,
    message: expect.stringContaining('ended in UPDATE_COMPLETE, but the configuration is not what was deployed'),
  });
});

test('when the second group fails the first one goes back as well', async () => {
  const sink = await deployedMskSink();
  const deploying = sink.deploy(
    { sink: { batchSize: 700, maxPollRecords: 2000 } },
    {
      onEvent: (event) => {
        if (event.kind !== 'note' || event.text !== 'UPDATE_WORKER_SETTING UPDATE_COMPLETE') return;
        if (connectorOf(sink).operations.length > 1) return;
        sink.fake.faults.failUpdate = 'UPDATE_FAILED';
        // The update after the next is the way back.
        sink.fake.faults.beforeUpdate = () => {
          sink.fake.faults.beforeUpdate = () => void delete sink.fake.faults.failUpdate;
        };
      },
    },
  );
  await expect(deploying).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    details: { rollback: 'rolled back to the previous configuration: RUNNING 2/2 tasks' },
  });
  expect(sink.fake.resources.filesOf(connectorOf(sink).settings).properties).toContain(
    'consumer.max.poll.records=1000',
  );
});

test('tasks that do not come up under a new configuration bring back the old one', async () => {
  const sink = await deployedMskSink();
  let isGoingBack = false;
  const deploying = sink.deploy(
    { sink: { batchSize: 700 } },
    {
      timeoutMs: 300,
      onEvent: (event) => {
        isGoingBack ||= event.kind === 'note' && event.text.includes('going back');
        sink.setMembers(isGoingBack ? 2 : 0);
      },
    },
  );
  await expect(deploying).rejects.toMatchObject({
    code: 'DEPLOY_FAILED',
    details: { rollback: 'rolled back to the previous configuration: RUNNING 2/2 tasks' },
  });
  expect(settings(sink)['batch.size']).toBe('1000');
});

test('without rollback what was changed stays for a person to look at', async () => {
  const sink = await deployedMskSink();
  sink.setMembers(0);
  await expect(sink.deploy({ sink: { batchSize: 700 } }, { timeoutMs: 300, rollback: false })).rejects.toMatchObject({
    code: 'REFUSED',
  });
  expect(settings(sink)['batch.size']).toBe('700');
});

test.each(['CreateCustomPlugin', 'CreateWorkerConfiguration', 'CreateConnector'])(
  'a %s whose answer was lost is taken over',
  async (operation) => {
    const sink = await createMskSink();
    sink.fake.faults.loseAnswer = operation;
    await expect(sink.deploy()).resolves.toMatchObject({ outcome: 'created' });
    expect(sink.fake.calls.filter((call) => call === operation)).toHaveLength(2);
  },
);

test('an update whose answer was lost is recognised by what it did', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.loseAnswer = 'UpdateConnector';
  await expect(sink.deploy({ sink: { batchSize: 700 } })).resolves.toMatchObject({ outcome: 'updated' });
  expect(settings(sink)['batch.size']).toBe('700');
});

test('somebody else who creates the name at the same time keeps it', async () => {
  const sink = await createMskSink();
  const racing = sink.deploy({
    api: (real) => ({
      ...real,
      create: async (wanted) => {
        await real.create({ ...wanted, config: { ...wanted.config, 'batch.size': '77' } });
        await real.create(wanted);
      },
    }),
  });
  await expect(racing).rejects.toMatchObject({ code: 'REFUSED', details: { keys: ['batch.size'] } });
  expect(settings(sink)['batch.size']).toBe('77');
});

test('a version that is stale for a change of no consequence is read again', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.beforeUpdate = (one) => {
    one.version += 1;
  };
  await expect(sink.deploy({ sink: { batchSize: 700 } })).resolves.toMatchObject({ outcome: 'updated' });
});

test('a version that is stale because somebody else changed a setting ends the deploy', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.beforeUpdate = (one) => {
    one.version += 1;
    one.settings = {
      ...one.settings,
      connectorConfiguration: { ...one.settings.connectorConfiguration, 'insert.mode': 'insert' },
    };
  };
  await expect(sink.deploy({ sink: { batchSize: 700 } })).rejects.toMatchObject({
    message: expect.stringContaining('somebody else changed positions-sink at the same time'),
  });
  expect(settings(sink)).toMatchObject({ 'insert.mode': 'insert', 'batch.size': '1000' });
});

test('another operation in progress is waited for', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.beforeUpdate = (one) => {
    one.state = 'RESTARTING';
    const finish = () => {
      one.state = 'RUNNING';
    };
    one.pending = { looks: 5, isReady: true, finish };
  };
  await expect(sink.deploy({ sink: { batchSize: 700 } })).resolves.toMatchObject({ outcome: 'updated' });
});

test('a value that became what it should be meanwhile needs no update', async () => {
  const sink = await deployedMskSink();
  sink.fake.faults.beforeUpdate = (one) => {
    one.settings = {
      ...one.settings,
      connectorConfiguration: { ...one.settings.connectorConfiguration, 'batch.size': '700' },
    };
    one.operations.push({
      arn: `${one.arn.replace(':connector/', ':connector-operation/')}/of-somebody-else`,
      type: 'UPDATE_CONNECTOR_CONFIGURATION',
      state: 'UPDATE_COMPLETE',
      steps: [],
      createdAt: new Date().toISOString(),
    });
  };
  await expect(sink.deploy({ sink: { batchSize: 700 } })).resolves.toMatchObject({ outcome: 'updated' });
  expect(connectorOf(sink).operations).toHaveLength(1);
});

test('lists of one item a page are read to their end', async () => {
  const sink = await createMskSink();
  sink.fake.faults.pageSize = 1;
  for (const name of ['positions-sink-0', 'positions-sink-1']) await sink.deploy({ sink: { name } });
  await sink.deploy();
  await expect(sink.deploy()).resolves.toMatchObject({ outcome: 'unchanged' });
  expect(await sink.host().list()).toEqual(['positions-sink', 'positions-sink-0', 'positions-sink-1']);
});

test('tasks.max that autoscaled capacity has overridden is no difference', async () => {
  const sink = await createMskSink();
  const capacity = { autoscaled: { mcuCount: 2, minWorkers: 1, maxWorkers: 2, scaleInCpu: 20, scaleOutCpu: 80 } };
  await sink.deploy({ connect: { capacity } });
  expect(settings(sink)['tasks.max']).toBe('4');
  await expect(sink.deploy({ connect: { capacity } })).resolves.toMatchObject({ outcome: 'unchanged', changes: [] });
});

test('without credentials the message says how to get some', async () => {
  const sink = await createMskSink();
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, '');
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('HOME', '/nonexistent');
  await expect(sink.deploy()).rejects.toMatchObject({
    code: 'ENVIRONMENT',
    hint: expect.stringContaining('AWS_PROFILE'),
  });
});
