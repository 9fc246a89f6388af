import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../core/http.ts';
import { serveJson } from '../../support/json-server.ts';

const what = 'schema registry';

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('the HTTP client', () => {
  it('gives every answer to its caller, refusals as well, with the time of the server', async () => {
    const { url } = await serveJson(() => ({ status: 409, body: { message: 'rebalancing' } }));
    const reply = await createHttp({ what, baseUrl: `${url}//` }).request('GET', '/connectors');
    expect(reply).toEqual({ status: 409, body: { message: 'rebalancing' }, date: expect.any(Date) });
  });

  it('sends its login, and nobody finds it in an error', async () => {
    const server = await serveJson(() => ({ status: 200, body: {} }));
    const login = { auth: { type: 'basic', username: 'app', password: 'hunter2' } } as const;
    await createHttp({ what, baseUrl: server.url, ...login }).request('PUT', '/x', { a: 1 });
    expect(server.authorization()).toBe(`Basic ${Buffer.from('app:hunter2').toString('base64')}`);
    const failing = createHttp({ what, baseUrl: 'http://127.0.0.1:1', ...login }).request('GET', '/x');
    const error: unknown = await failing.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message: 'schema registry at 127.0.0.1:1 is not reachable (ECONNREFUSED)',
    });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });

  it('waits for the whole answer no longer than it was told, however often a byte comes', async () => {
    const url = await serve((_request, reply) => {
      reply.writeHead(200, { 'Content-Type': 'application/json' });
      const drip = setInterval(() => reply.write(' '), 20);
      reply.on('close', () => clearInterval(drip));
    });
    const call = createHttp({ what, baseUrl: url, timeoutMs: 300 }).request('GET', '/x');
    await expect(call).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: `${what} at ${new URL(url).host} did not answer within 0.3 s`,
    });
  });

  it('reads no more than 16 MiB of an answer', async () => {
    const url = await serve((_request, reply) => {
      const piece = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        while (reply.write(piece));
      };
      reply.on('drain', more);
      more();
    });
    await expect(createHttp({ what, baseUrl: url }).request('GET', '/x')).rejects.toMatchObject({
      code: 'REFUSED',
      message: `${what} at ${new URL(url).host} answered with more than 16 MiB`,
    });
  });

  it('follows no redirect: a login page in front of the service did nothing of what was asked', async () => {
    const login = await serveJson(() => ({ status: 200, body: {} }));
    const url = await serve((_request, reply) => {
      reply.writeHead(302, { Location: `${login.url}/login?ticket=s3cret` });
      reply.end();
    });
    const http = createHttp({ what, baseUrl: url });
    for (const method of ['GET', 'PUT', 'POST', 'DELETE'] as const) {
      const error: unknown = await http.request(method, '/connectors/x/pause').catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'REFUSED',
        message: `${what} at ${new URL(url).host} answered 302 and sends on to ${login.url}, which is not followed`,
      });
    }
    expect(login.requests).toEqual([]);
  });

  it.each([
    ['a page', 'text/html', '<html>log in</html>'],
    ['JSON that calls itself a page', 'text/html', '{}'],
    ['a page that calls itself JSON', 'application/json', '<html>log in</html>'],
  ])('takes no success for one that is %s', async (_name, type, body) => {
    const url = await serve((_request, reply) => void reply.writeHead(200, { 'Content-Type': type }).end(body));
    await expect(createHttp({ what, baseUrl: url }).request('PUT', '/x')).rejects.toMatchObject({
      code: 'REFUSED',
      message: `${what} at ${new URL(url).host} answered 200 with something that is no JSON`,
    });
  });

  it.each([
    [202, '', 'text/html', ''],
    [204, '', undefined, ''],
    [200, '"ab"', 'application/vnd.schemaregistry.v1+json', 'ab'],
    [200, 'null', 'application/json;charset=utf-8', null],
    [502, '<html>upstream</html>', 'text/html', '<html>upstream</html>'],
    [409, '{"message":"x"}', 'text/plain', { message: 'x' }],
  ])('takes %d with %j', async (status, text, type, body) => {
    const url = await serve(
      (_request, reply) => void reply.writeHead(status, type === undefined ? {} : { 'Content-Type': type }).end(text),
    );
    expect(await createHttp({ what, baseUrl: url }).request('GET', '/x')).toMatchObject({ status, body });
  });
});
