import { beforeEach, describe, expect, it } from 'vitest';
import { logFailure } from '../../../support/msk/fake-logs.ts';
import { createMskSink, type MskSink } from '../../../support/msk/msk-sink.ts';

const KILLED = 'Task threw an uncaught and unrecoverable exception. Task is being killed and will not recover';
const connect = { logs: { cloudWatch: { logGroup: '/perps/connect' } } };
/** What Kafka calls the consumers of these tasks. */
const consumers = (...tasks: number[]) =>
  new Set(tasks.map((task) => `connector-consumer-positions-sink-${task}-0a1b`));

let sink: MskSink;
beforeEach(async () => {
  sink = await createMskSink();
});

const fails = (task: number, trace: string, at = Date.now()) =>
  logFailure(sink.fake.logs, { at, says: `WorkerSinkTask{id=positions-sink-${task}} ${KILLED}`, trace });
const observe = () => sink.host({ connect }).observe('positions-sink');
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a task that is not in its group', () => {
  beforeEach(async () => {
    await sink.deploy({ connect });
  });

  it('has FAILED by what its worker has logged since the connector was created, under its own number', async () => {
    sink.groups.setMembers(consumers(1));
    fails(0, 'org.postgresql.util.PSQLException: ERROR: invalid byte sequence 0x00');
    expect((await observe())?.tasks).toMatchObject([
      { id: 0, state: 'FAILED', trace: expect.stringContaining('0x00') },
      { id: 1, state: 'RUNNING' },
    ]);
  });

  it('has not FAILED by a trace of a time before the last operation', async () => {
    fails(0, 'PSQLException: value "old" is out of range');
    await later();
    await sink.host({ connect }).restart('positions-sink', { onlyFailed: false }, { timeoutMs: 2_000 });
    sink.groups.setMembers(consumers(1));
    expect(await observe()).toMatchObject({
      state: 'RUNNING',
      tasks: [{ id: 0, state: 'UNASSIGNED', absent: true }, { state: 'RUNNING' }],
      notes: [],
    });
  });

  it('has not FAILED because the log cannot be read, and that is said', async () => {
    sink.setMembers(1);
    sink.fake.logs.denied = 'FilterLogEvents';
    const seen = await observe();
    expect(seen?.tasks.map(({ state }) => state)).toEqual(['RUNNING', 'UNASSIGNED']);
    expect(seen?.notes).toEqual([expect.stringContaining('CloudWatch Logs could not show /perps/connect')]);
  });

  it('that its worker has named is told from the others also where members have no number', async () => {
    sink.setMembers(1);
    fails(0, 'Error: of task 0');
    expect((await observe())?.tasks).toMatchObject([
      { id: 0, state: 'FAILED', trace: 'Error: of task 0' },
      { id: 1, state: 'RUNNING' },
    ]);
  });
});

describe('a deploy that fails tells what the workers have logged since it began', () => {
  const failing = { connect, sink: { batchSize: 700 } };
  const cause = 'Caused by: org.postgresql.util.PSQLException: Connection to db:5433 refused.';

  it('of a connector that is FAILED, and nothing that is older', async () => {
    fails(1, 'PSQLException: value "old" is out of range');
    await later();
    sink.fake.faults.failCreate = { code: 'UnknownError.Unknown', message: 'The last operation failed.' };
    const events = sink.deploy({ connect }, { onEvent: () => {} });
    const once = setInterval(() => {
      if (!sink.fake.connectors.has('positions-sink')) return;
      clearInterval(once);
      fails(0, `Error: outer\n${cause}`);
    }, 1);
    const error = await events.catch((reason: unknown) => reason);
    clearInterval(once);
    expect(error).toMatchObject({
      code: 'DEPLOY_FAILED',
      message: expect.stringMatching(
        /UnknownError\.Unknown: [\s\S]+cause {3}PSQLException: Connection to db:5433 refused/,
      ),
      details: { failures: [{ cause: expect.stringContaining('db:5433') }] },
    });
    expect(String(error)).not.toContain('"old"');
  });

  it.each(['UPDATE_FAILED', 'ROLLBACK_COMPLETE', 'silent'] as const)(
    'of an update that ended in %s',
    async (outcome) => {
      await sink.deploy({ connect });
      sink.fake.faults.failUpdate = outcome;
      sink.fake.faults.beforeUpdate = () => fails(0, `Error: outer\n${cause}`, Date.now() + 50);
      await expect(sink.deploy(failing)).rejects.toMatchObject({
        code: 'DEPLOY_FAILED',
        message: expect.stringMatching(/cause {3}PSQLException: Connection to db:5433 refused/),
      });
    },
  );

  it('or why the log could not be read', async () => {
    sink.fake.faults.failCreate = { code: 'UnknownError.Unknown', message: 'The last operation failed.' };
    sink.fake.logs.denied = 'FilterLogEvents';
    await expect(sink.deploy({ connect })).rejects.toMatchObject({
      message: expect.stringContaining('  note    CloudWatch Logs could not show /perps/connect'),
      details: { failures: [], note: expect.stringContaining('logs:FilterLogEvents') },
    });
  });
});
