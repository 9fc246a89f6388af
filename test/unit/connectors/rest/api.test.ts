import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createRestApi, type RestApi } from '../../../../connectors/rest/api.ts';
import { ConnectError } from '../../../../core/errors.ts';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly contentType: string | undefined;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** A worker that gives one answer to everything and remembers what it was asked. */
async function worker(status: number, answer: unknown): Promise<{ url: string; requests: Request[] }> {
  const requests: Request[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, contentType: headers['content-type'], authorization: headers.authorization, body });
      response.writeHead(status, { 'content-type': typeof answer === 'string' ? 'text/html' : 'application/json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? undefined : JSON.parse(text);
}

async function errorOf(task: Promise<unknown>): Promise<ConnectError> {
  try {
    await task;
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

const calls: [string, string, string, (api: RestApi) => Promise<unknown>][] = [
  ['list', 'GET', '/connectors', (api) => api.list()],
  ['config', 'GET', '/connectors/a%2Fb/config', (api) => api.config('a/b')],
  ['putConfig', 'PUT', '/connectors/a%2Fb/config', (api) => api.putConfig('a/b', { name: 'a/b' })],
  ['validate', 'PUT', '/connector-plugins/x.Y/config/validate', (api) => api.validate({ 'connector.class': 'x.Y' })],
  ['status', 'GET', '/connectors/a%2Fb/status', (api) => api.status('a/b')],
  ['tasks', 'GET', '/connectors/a%2Fb/tasks', (api) => api.tasks('a/b')],
  [
    'restart',
    'POST',
    '/connectors/a%2Fb/restart?includeTasks=true&onlyFailed=true',
    (api) => api.restart('a/b', { onlyFailed: true }),
  ],
  ['pause', 'PUT', '/connectors/a%2Fb/pause', (api) => api.pause('a/b')],
  ['resume', 'PUT', '/connectors/a%2Fb/resume', (api) => api.resume('a/b')],
  ['stop', 'PUT', '/connectors/a%2Fb/stop', (api) => api.stop('a/b')],
  ['remove', 'DELETE', '/connectors/a%2Fb', (api) => api.remove('a/b')],
  ['offsets', 'GET', '/connectors/a%2Fb/offsets', (api) => api.offsets('a/b')],
  ['setOffsets', 'PATCH', '/connectors/a%2Fb/offsets', (api) => api.setOffsets('a/b', [])],
  ['resetOffsets', 'DELETE', '/connectors/a%2Fb/offsets', (api) => api.resetOffsets('a/b')],
  ['plugins', 'GET', '/connector-plugins?connectorsOnly=false', (api) => api.plugins()],
  ['worker', 'GET', '/', (api) => api.worker()],
];

test.each(calls)('%s asks its endpoint, and says which worker refused', async (_name, method, path, call) => {
  const { url, requests } = await worker(400, { error_code: 400, message: 'not like this' });
  const error = await errorOf(call(createRestApi({ url })));
  expect(requests).toMatchObject([{ method, url: path }]);
  if (method !== 'GET') expect(requests[0]?.contentType).toContain('application/json');
  expect(error.code).toBe('REFUSED');
  expect(error.message).toMatch(new RegExp(`^Kafka Connect at ${new URL(url).host} could not .*: not like this$`));
});

test.each([
  [
    409,
    'Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)',
  ],
  [409, 'Cannot complete request because of a conflicting operation (e.g. worker rebalance)'],
  [500, 'Request cannot be completed because a rebalance is expected'],
  [500, "Couldn't find the target Connect worker within two hops"],
  [500, 'Request timed out. The worker is currently ensuring membership in the cluster'],
  [503, 'This worker is still starting up'],
  [500, 'IO Error trying to forward REST request: Connection refused'],
])('%i "%s" is not yet, and may be tried again', async (status, message) => {
  const { url } = await worker(status, { error_code: status, message });
  const error = await errorOf(createRestApi({ url }).putConfig('a', {}));
  expect(error).toMatchObject({ code: 'NOT_READY', retryable: true });
});

test('what does not exist is undefined where it may be, and NOT_FOUND elsewhere', async () => {
  const { url } = await worker(404, { error_code: 404, message: 'Connector a not found' });
  const api = createRestApi({ url });
  expect(await api.config('a')).toBeUndefined();
  expect(await api.status('a')).toBeUndefined();
  expect((await errorOf(api.pause('a'))).code).toBe('NOT_FOUND');
});

test.each([
  [404, '<html>nginx</html>'],
  [405, ''],
])('%i from something else is told as such', async (status, answer) => {
  const { url } = await worker(status, answer);
  const error = await errorOf(createRestApi({ url }).status('a'));
  expect(error.code).toBe('REFUSED');
  expect(error.hint).toContain('no Kafka Connect REST API');
});

test('a login is sent, and a refused one names the settings', async () => {
  const { url, requests } = await worker(401, { message: 'User cannot access the resource.' });
  const error = await errorOf(
    createRestApi({ url, auth: { type: 'basic', username: 'u', password: 'hunter2-9f8e7d' } }).list(),
  );
  expect(requests[0]?.authorization).toBe(`Basic ${Buffer.from('u:hunter2-9f8e7d').toString('base64')}`);
  expect(error.hint).toContain('connect.auth.password');
  expect(JSON.stringify(error.details) + error.message).not.toContain('hunter2-9f8e7d');
});

test('nothing listening is UNREACHABLE at its address', async () => {
  const error = await errorOf(createRestApi({ url: 'http://127.0.0.1:1' }).list());
  expect(error.code).toBe('UNREACHABLE');
  expect(error.message).toContain('127.0.0.1:1');
});

test('a status is sorted by task, and its traces hide secrets', async () => {
  const { url } = await worker(200, {
    name: 'a',
    connector: { state: 'RUNNING', worker_id: 'w1' },
    tasks: [
      { id: 1, state: 'FAILED', worker_id: 'w2', trace: 'x: login of hunter2-9f8e7d, password=abc' },
      { id: 0, state: 'RUNNING', worker_id: 'w1' },
    ],
  });
  expect(await createRestApi({ url, secrets: ['hunter2-9f8e7d'] }).status('a')).toEqual({
    state: 'RUNNING',
    worker: 'w1',
    tasks: [
      { id: 0, state: 'RUNNING', worker: 'w1' },
      { id: 1, state: 'FAILED', worker: 'w2', trace: 'x: login of (secret), password=(secret)' },
    ],
  });
});

test('validation tells what is refused, and never what a reference resolved to', async () => {
  const { url } = await worker(200, {
    configs: [
      { value: { name: 'batch.size', value: '0', errors: ['Value must be at least 1'] } },
      { value: { name: 'connection.password', value: 'hunter2-9f8e7d', errors: ['hunter2-9f8e7d is too short'] } },
      { value: { name: 'connection.url', value: 'jdbc:x', errors: ['cannot log in with hunter2-9f8e7d'] } },
      { value: { name: 'insert.mode', value: 'upsert', errors: [] } },
    ],
  });
  const findings = await createRestApi({ url }).validate({
    'connector.class': 'x.Y',
    'connection.password': '$' + '{env:PGPASSWORD}',
    'connection.url': 'jdbc:x',
  });
  expect(findings).toEqual([
    { key: 'batch.size', errors: ['Value must be at least 1'] },
    { key: 'connection.password', errors: ['(secret) is too short'] },
    { key: 'connection.url', errors: ['cannot log in with (secret)'] },
  ]);
});

test('offsets are 64-bit, and a forgotten one is undefined', async () => {
  const { url, requests } = await worker(200, {
    offsets: [
      { partition: { kafka_topic: 't', kafka_partition: 0 }, offset: { kafka_offset: 12 } },
      { partition: { kafka_topic: 't', kafka_partition: 1 }, offset: null },
    ],
    message: 'done',
  });
  const api = createRestApi({ url });
  const offsets = await api.offsets('a');
  expect(offsets).toEqual([
    { topic: 't', partition: 0, offset: 12n },
    { topic: 't', partition: 1, offset: undefined },
  ]);
  await api.setOffsets('a', offsets);
  expect(requests[1]?.body).toEqual({
    offsets: [
      { partition: { kafka_topic: 't', kafka_partition: 0 }, offset: { kafka_offset: 12 } },
      { partition: { kafka_topic: 't', kafka_partition: 1 }, offset: null },
    ],
  });
});

test('a connector is created held back where the cluster can, and not at all where it cannot', async () => {
  const about = { commit: 'c', kafka_cluster_id: 'k' };
  const newer = await worker(200, { ...about, version: '3.7.2' });
  await createRestApi({ url: newer.url }).createHeld('a', { name: 'a' }, 'PAUSED');
  expect(newer.requests.map(({ method, url, body }) => [method, url, body])).toEqual([
    ['GET', '/', undefined],
    ['POST', '/connectors', { name: 'a', config: { name: 'a' }, initial_state: 'PAUSED' }],
  ]);
  const older = await worker(200, { ...about, version: '3.6.1-ce' });
  const error = await errorOf(createRestApi({ url: older.url }).createHeld('a', { name: 'a' }, 'PAUSED'));
  expect(error).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('it would read records first') });
  expect(older.requests).toHaveLength(1);
});
