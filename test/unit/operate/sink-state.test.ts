import { expect, test } from 'vitest';
import { createRestApi } from '../../../connectors/rest/api.ts';
import { createRestHost } from '../../../connectors/rest/host.ts';
import type { SinkAction } from '../../../operate/sink-action.ts';
import { changeState } from '../../../operate/sink-state.ts';
import { inMemoryGroups } from '../../support/in-memory-groups.ts';
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

const CONFIG: JsonReply = { status: 200, body: { name: 'positions-sink', 'tasks.max': '2' } };

/** A worker that shows the connector's configuration, and answers everything else as the test says. */
const serveWorker = (answer: (request: string) => JsonReply | undefined) =>
  serveJson((request) => (request.endsWith('/config') ? CONFIG : answer(request)));

function action(url: string, groups = inMemoryGroups()): SinkAction {
  return {
    stream: positions,
    host: createRestHost(createRestApi({ url }), groups),
    groups,
    kafka: { brokers: ['127.0.0.1:1'] },
    timeoutMs: 5_000,
  };
}

test('a pause is tried again while the cluster rebalances, and waits for the last task', async () => {
  const pauses = [REBALANCE, REBALANCE, { status: 202, body: '' }];
  const looks = [
    status('RUNNING', ['RUNNING', 'RUNNING']),
    REBALANCE,
    status('PAUSED', ['PAUSED', 'RUNNING']),
    status('PAUSED', ['PAUSED', 'PAUSED']),
  ];
  const server = await serveWorker((request) => (request.startsWith('PUT') ? pauses : looks).shift());
  expect(await changeState(action(server.url), 'PAUSED')).toMatchObject({
    outcome: 'changed',
    before: 'RUNNING',
    state: 'PAUSED',
    tasks: [{ state: 'PAUSED' }, { state: 'PAUSED' }],
  });
  expect([pauses, looks]).toEqual([[], []]);
});

test('a sink that is paused already is not paused again', async () => {
  const server = await serveWorker(() => status('PAUSED', ['PAUSED']));
  expect(await changeState(action(server.url), 'PAUSED')).toMatchObject({ outcome: 'unchanged', before: 'PAUSED' });
  expect(server.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
});

test('a task that has failed does not keep a pause waiting', async () => {
  const server = await serveWorker(() => status('PAUSED', ['PAUSED', 'FAILED']));
  expect(await changeState(action(server.url), 'PAUSED')).toMatchObject({ outcome: 'unchanged' });
});

test('a pause that does not become real ends with the bound', async () => {
  const server = await serveWorker((request) =>
    request.startsWith('PUT') ? { status: 202, body: '' } : status('RUNNING', ['RUNNING']),
  );
  await expect(changeState({ ...action(server.url), timeoutMs: 300 }, 'PAUSED')).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: 'waited 0.3 s for positions-sink to be PAUSED',
  });
});

test('a pause, and a sink that runs, need no look at its offsets', async () => {
  const groups = inMemoryGroups([2_000n]);
  groups.commit(0, 1_000n);
  groups.expire(0, 1_500n);
  const runs = await serveWorker(() => status('RUNNING', ['RUNNING']));
  expect(await changeState(action(runs.url, groups), 'RUNNING')).toMatchObject({ outcome: 'unchanged' });
  const paused = await serveWorker(() => status('PAUSED', ['PAUSED']));
  expect(await changeState(action(paused.url, groups), 'PAUSED')).toMatchObject({ outcome: 'unchanged' });
});

test('an address where nothing listens is reported after one try', async () => {
  const one = action('http://127.0.0.1:1');
  let looks = 0;
  const host: SinkAction['host'] = {
    ...one.host,
    observe(name) {
      looks += 1;
      return one.host.observe(name);
    },
  };
  await expect(changeState({ ...one, host }, 'PAUSED')).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect(looks).toBe(1);
});
