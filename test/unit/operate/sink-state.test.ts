import { expect, test } from 'vitest';
import { createRestTarget } from '../../../connectors/rest/api.ts';
import type { SinkAction } from '../../../operate/settle-sink.ts';
import { changeState } from '../../../operate/sink-state.ts';
import { type JsonReply, serveJson } from '../../support/json-server.ts';
import { positions } from '../../support/positions-stream.ts';

const REBALANCE: JsonReply = {
  status: 409,
  body: {
    error_code: 409,
    message: 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)',
  },
};

const status = (connector: string, tasks: readonly string[]): JsonReply => ({
  status: 200,
  body: {
    name: 'positions-sink',
    connector: { state: connector, worker_id: 'w' },
    tasks: tasks.map((state, id) => ({ id, state, worker_id: 'w' })),
  },
});

const action = (url: string): SinkAction => ({
  stream: positions,
  target: createRestTarget({ url }),
  kafka: { brokers: ['127.0.0.1:1'] },
  timeoutMs: 5_000,
});

test('a pause is tried again while the cluster rebalances, and waits for the last task', async () => {
  const pauses = [REBALANCE, REBALANCE, { status: 202, body: '' }];
  const looks = [
    status('RUNNING', ['RUNNING', 'RUNNING']),
    REBALANCE,
    status('PAUSED', ['PAUSED', 'RUNNING']),
    status('PAUSED', ['PAUSED', 'PAUSED']),
  ];
  const server = await serveJson((request) => (request.startsWith('PUT') ? pauses : looks).shift());
  expect(await changeState(action(server.url), 'PAUSED')).toMatchObject({
    outcome: 'changed',
    before: 'RUNNING',
    state: 'PAUSED',
    tasks: [{ state: 'PAUSED' }, { state: 'PAUSED' }],
  });
  expect([pauses, looks]).toEqual([[], []]);
});

test('what is paused already is not told so again', async () => {
  const server = await serveJson(() => status('PAUSED', ['PAUSED']));
  expect(await changeState(action(server.url), 'PAUSED')).toMatchObject({ outcome: 'unchanged', before: 'PAUSED' });
  expect(server.requests).toEqual(['GET /connectors/positions-sink/status']);
});

test('a task that has failed does not keep a pause waiting', async () => {
  const server = await serveJson(() => status('PAUSED', ['PAUSED', 'FAILED']));
  expect(await changeState(action(server.url), 'PAUSED')).toMatchObject({ outcome: 'unchanged' });
});

test('a pause that does not become real ends with the bound', async () => {
  const server = await serveJson((request) =>
    request.startsWith('PUT') ? { status: 202, body: '' } : status('RUNNING', ['RUNNING']),
  );
  await expect(changeState({ ...action(server.url), timeoutMs: 300 }, 'PAUSED')).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'waited 0.3 s for positions-sink to be PAUSED',
  });
});

test('an address where nothing listens is told at once', async () => {
  const startedAt = Date.now();
  await expect(changeState(action('http://127.0.0.1:1'), 'PAUSED')).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect(Date.now() - startedAt).toBeLessThan(2_000);
});
