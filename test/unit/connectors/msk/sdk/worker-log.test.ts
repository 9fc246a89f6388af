import { beforeEach, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { cloudWatchLog, type LogQuestion, traceAfter } from '../../../../../connectors/msk/sdk/worker-log.ts';
import { logFailure } from '../../../../support/msk/fake-logs.ts';
import { type FakeMsk, startFakeMsk } from '../../../../support/msk/fake-msk.ts';
import { mskConnect } from '../../../../support/msk/msk-sink.ts';

const KILLED = 'Task threw an uncaught and unrecoverable exception. Task is being killed and will not recover';
const uncaught = (task: number, connector = 'positions-sink') => `WorkerSinkTask{id=${connector}-${task}} ${KILLED}`;

describe('a trace', () => {
  const head = `[Worker-0a1b] [2026-01-31 08:00:00,123] ERROR ${uncaught(0)}`;
  const events = [
    head,
    '[Worker-0a1b] org.apache.kafka.connect.errors.ConnectException: outer',
    '[Worker-2c3d] org.postgresql.util.PSQLException: ERROR: of another worker',
    '[Worker-0a1b] \tat a.b.C(C.java:1)\n[Worker-0a1b] Caused by: org.postgresql.util.PSQLException: ERROR: no',
    '[Worker-0a1b] [2026-01-31 08:00:01,000] INFO something else',
  ];

  it('is what follows the line that names the task, of the same worker, up to the next line with a level', () => {
    expect(traceAfter(head, events)).toBe(
      'org.apache.kafka.connect.errors.ConnectException: outer\n\tat a.b.C(C.java:1)\nCaused by: org.postgresql.util.PSQLException: ERROR: no',
    );
  });

  it('that is not in its stream any more is the line itself, not what somebody else has logged', () => {
    expect(traceAfter(head, events.slice(1))).toBe(uncaught(0));
  });
});

describe("the workers' log in CloudWatch", () => {
  let fake: FakeMsk;
  beforeEach(async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
    fake = await startFakeMsk();
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await fake.close();
    });
  });
  const read = (question: Partial<LogQuestion> = {}, timeoutMs?: number) => {
    const connect = mskConnect(fake.url, { logs: { cloudWatch: { logGroup: '/perps/connect' } } });
    const scrub = (text: string) => text.replaceAll('s3cret', '***');
    return cloudWatchLog(
      connect,
      scrub,
      timeoutMs === undefined ? {} : { timeoutMs },
    )('positions-sink', {
      since: 0,
      enough: 2,
      ...question,
    });
  };
  const fails = (minutesAgo: number, says: string, trace: string) =>
    logFailure(fake.logs, { at: Date.now() - minutesAgo * 60_000, says, trace });

  it('tells the last failure of each task, the newest first', async () => {
    // In no order: a log group is many streams.
    fails(10, uncaught(0), 'Error: 0, last with s3cret');
    fails(30, uncaught(0), 'Error: 0, first');
    fails(20, uncaught(1), 'Error: 1');
    expect(await read()).toEqual({
      traces: [
        { at: expect.any(Number), task: 0, text: 'Error: 0, last with ***' },
        { at: expect.any(Number), task: 1, text: 'Error: 1' },
      ],
    });
  });

  it.each([
    [uncaught(1), 1],
    ['WorkerSinkTask{id=positions-sink-1} Task failed initialization and will not be started.', 1],
    ['[positions-sink|task-1] Failed to start task positions-sink-1', 1],
    ["Couldn't instantiate task positions-sink-1 because it has an invalid task configuration.", 1],
    ['WorkerConnector{id=positions-sink} Error while starting connector', undefined],
    ["Failed to start connector 'positions-sink'", undefined],
  ])('knows "%s"', async (says, task) => {
    fails(1, says, 'Error: no');
    expect((await read()).traces).toMatchObject([{ task, text: 'Error: no' }]);
  });

  it.each([
    ['of another connector', uncaught(0, 'positions-sink-2')],
    [
      'of one that is shut down',
      'WorkerSinkTask{id=positions-sink-0} Task threw an uncaught and unrecoverable exception during shutdown',
    ],
    ['that is tried again', 'WorkerSinkTask{id=positions-sink-0} RetriableException from SinkTask:'],
  ])('takes no failure %s for one', async (_what, says) => {
    fails(1, says, 'Error: no');
    expect(await read()).toEqual({ traces: [] });
  });

  it('tells nothing older than asked for', async () => {
    fails(20 * 60, uncaught(0), 'Error: old');
    fails(10, uncaught(1), 'Error: new');
    expect((await read({ since: Date.now() - 3_600_000 })).traces).toMatchObject([{ task: 1 }]);
    expect((await read()).traces).toMatchObject([{ task: 1 }, { task: 0 }]);
  });

  it('is read page by page, also through pages that show nothing', async () => {
    fake.logs.pageSize = 1;
    fails(9, 'INFO of somebody', 'x\ny\nz');
    fails(5, uncaught(0), 'Error: found');
    expect((await read()).traces).toMatchObject([{ task: 0, text: 'Error: found' }]);
  });

  it.each(['FilterLogEvents', 'GetLogEvents'] as const)('says why it cannot be read: no %s', async (denied) => {
    fails(5, uncaught(0), 'Error: hidden');
    fake.logs.denied = denied;
    expect(await read()).toEqual({
      traces: [],
      note: expect.stringMatching(`CloudWatch Logs could not show /perps/connect: .*logs:${denied}`),
    });
  });

  it('is read for a bounded time', async () => {
    fake.logs.delayMs = 60_000;
    const began = Date.now();
    expect(await read({}, 200)).toEqual({ traces: [], note: expect.stringContaining('was not read to its end') });
    expect(Date.now() - began).toBeLessThan(10_000);
  });
});

test('a log that goes elsewhere than to CloudWatch tells nothing', async () => {
  const reader = cloudWatchLog(mskConnect('http://127.0.0.1:1', { logs: { s3: { bucket: 'logs' } } }), (text) => text);
  expect(await reader('positions-sink', { since: 0, enough: 1 })).toEqual({ traces: [] });
});
