import { request } from 'node:http';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createMetrics } from '../../../core/metrics.ts';
import { serveMetrics } from '../../../core/metrics-server.ts';
import { freePorts } from '../../support/free-ports.ts';

async function serve(notReady: () => string | undefined = () => undefined) {
  const metrics = await createMetrics({ environment: 'production' });
  const server = await serveMetrics({ listen: { host: '127.0.0.1', port: 0 }, metrics, notReady });
  onTestFinished(server.close);
  return { metrics, ...server };
}

test('serves metrics in the format of Prometheus, with what the process uses', async () => {
  const { metrics, url } = await serve();
  let known: number | undefined;
  metrics.add({ name: 'age_seconds', help: 'Age.', read: () => [[{}, known]] });
  metrics.add({
    type: 'counter',
    name: 'seen_total',
    help: 'Seen.',
    labels: ['stream'],
    read: () => [[{ stream: 'a' }, 7n]],
  });
  const first = await fetch(`${url}/metrics?name[]=x`);
  expect(first.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await first.text();
  expect(text).toContain('# TYPE seen_total counter\nseen_total{stream="a",environment="production"} 7\n');
  expect(text).toMatch(/\nprocess_resident_memory_bytes\{environment="production"\} \d+\n/);
  expect(text).toMatch(/\nnodejs_eventloop_lag_p99_seconds\{/);
  expect(text).not.toMatch(/^age_seconds/m);
  known = 1.5;
  const again = await (await fetch(`${url}/metrics`)).text();
  expect(again).toContain('\nage_seconds{environment="production"} 1.5\n');
  expect(again, 'a counter is read, not added up').toContain('seen_total{stream="a",environment="production"} 7\n');
});

test('leaves out what would wake the process again and again, where it is not asked for', async () => {
  const text = await (await createMetrics({}, { withEventLoop: false })).text();
  expect(text).toContain('process_resident_memory_bytes ');
  expect(text).not.toContain('eventloop_lag');
});

test('says that it lives, and whether it does its work', async () => {
  let reason: string | undefined = 'positions: not subscribed yet';
  const { url } = await serve(() => reason);
  const ask = async (path: string) => {
    const answer = await fetch(`${url}${path}`);
    return [answer.status, await answer.text()];
  };
  expect(await ask('/healthz')).toEqual([200, 'ok\n']);
  expect(await ask('/readyz')).toEqual([503, 'positions: not subscribed yet\n']);
  reason = undefined;
  expect(await ask('/readyz')).toEqual([200, 'ok\n']);
});

test('answers nothing but GET and HEAD of its three paths, and takes no large request', async () => {
  const { url } = await serve();
  const status = async (path: string, init?: RequestInit) => (await fetch(`${url}${path}`, init)).status;
  expect(await status('/')).toBe(404);
  expect(await status('/constructor')).toBe(404);
  expect(await status('/metrics', { method: 'POST', body: 'x'.repeat(100_000) }).catch(() => 405)).toBe(405);
  const head = await fetch(`${url}/metrics`, { method: 'HEAD' });
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(await status('/metrics', { headers: { 'x-long': 'x'.repeat(20_000) } })).toBe(431);
});

test('tells nobody who scrapes why the metrics could not be read', async () => {
  const { metrics, url } = await serve();
  metrics.add({
    name: 'broken',
    help: 'Broken.',
    read: () => {
      throw new Error('password=hunter2');
    },
  });
  const answer = await fetch(`${url}/metrics`);
  expect([answer.status, await answer.text()]).toEqual([500, 'the metrics could not be read\n']);
});

test('ends although somebody holds a connection', async () => {
  const { url, close } = await serve();
  const held = request(url, { path: '/healthz', headers: { connection: 'keep-alive' } }).on('error', () => {});
  await new Promise((resolve) => held.on('response', resolve).end());
  await close();
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

test('a port that is taken is an error that names it and says what to do', async () => {
  const [port = 0] = await freePorts(1);
  const holder = createServer().listen(port, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  onTestFinished(() => void holder.close());
  const metrics = await createMetrics({});
  const served = serveMetrics({ listen: { host: '127.0.0.1', port }, metrics, notReady: () => undefined });
  await expect(served).rejects.toMatchObject({
    code: 'ENVIRONMENT',
    message: `cannot serve metrics at 127.0.0.1:${port}: port ${port} is taken`,
    hint: 'name another address: --metrics HOST:PORT',
  });
});
