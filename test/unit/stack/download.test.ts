import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAxios } from '../../../core/http.ts';
import { type DownloadOptions, download } from '../../../stack/download.ts';
import { cutAfter, serveFiles } from '../../support/file-server.ts';
import { scratchFolder } from '../../support/scratch.ts';

const file = randomBytes(300_000);
const locked = {
  path: 'org/example/a.jar',
  sha256: createHash('sha256').update(file).digest('hex'),
  size: file.length,
};

function prepare(url: string, overrides: Partial<DownloadOptions> = {}) {
  const folder = scratchFolder();
  const pieces: number[] = [];
  return {
    request: { ...locked, target: join(folder, 'group', 'a.jar') },
    options: {
      client: createAxios(url, 5_000),
      scratch: join(folder, 'incomplete'),
      onBytes: (bytes: number) => pieces.push(bytes),
      ...overrides,
    },
    counted: () => pieces.reduce((sum, bytes) => sum + bytes, 0),
  };
}

describe('download', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('puts the whole file in place and leaves nothing else', async () => {
    const server = await serveFiles({ [locked.path]: file });
    const { request, options, counted } = prepare(server.url);
    await download(request, options);
    expect(readFileSync(request.target).equals(file)).toBe(true);
    expect(readdirSync(options.scratch)).toEqual([]);
    expect(counted()).toBe(file.length);
  });

  it('goes on where a cut download stopped', async () => {
    const server = await serveFiles({ [locked.path]: file }, (reply, bytes, count) => {
      if (count > 1) return false;
      cutAfter(100_000, reply, bytes);
      return true;
    });
    const { request, options, counted } = prepare(server.url);
    await download(request, options);
    expect(readFileSync(request.target).equals(file)).toBe(true);
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(counted()).toBe(file.length);
  });

  it('starts again when the repository does not know ranges', async () => {
    const server = await serveFiles({ [locked.path]: file }, (reply, bytes, count) => {
      if (count === 1) cutAfter(100_000, reply, bytes);
      else reply.writeHead(200, { 'Content-Length': bytes.length }).end(bytes);
      return true;
    });
    const { request, options, counted } = prepare(server.url);
    await download(request, options);
    expect(readFileSync(request.target).equals(file)).toBe(true);
    expect(counted()).toBe(file.length);
  });

  it('gives up on a repository that never delivers the rest, and says how far it came', async () => {
    const server = await serveFiles({ [locked.path]: file }, (reply, bytes) => {
      reply.writeHead(200, { 'Content-Length': 1000 }).end(bytes.subarray(0, 1000));
      return true;
    });
    const { request, options } = prepare(server.url, { attempts: 2 });
    await expect(download(request, options)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('cut at 1000 of 300000 bytes'),
    });
    expect(existsSync(request.target)).toBe(false);
    expect(readdirSync(options.scratch)).toEqual([]);
  });

  it('refuses bytes that are not the locked ones and keeps nothing of them', async () => {
    const other = Buffer.from(file);
    other[5] = (other[5] ?? 0) ^ 1;
    const server = await serveFiles({ [locked.path]: other });
    const { request, options, counted } = prepare(server.url);
    await expect(download(request, options)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: expect.stringContaining(locked.sha256),
    });
    expect(server.requests).toHaveLength(1);
    expect(existsSync(request.target)).toBe(false);
    expect(readdirSync(options.scratch)).toEqual([]);
    expect(counted()).toBe(0);
  });

  it('says that the repository lacks the file, without asking again', async () => {
    const server = await serveFiles({});
    const { request, options } = prepare(server.url);
    await expect(download(request, options)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(locked.path),
      hint: expect.stringContaining('CONNECT_MAVEN_URL'),
    });
    expect(server.requests).toHaveLength(1);
  });

  it('asks again after a 503', async () => {
    const server = await serveFiles({ [locked.path]: file }, (reply, _bytes, count) => {
      if (count > 1) return false;
      reply.writeHead(503).end();
      return true;
    });
    const { request, options } = prepare(server.url);
    await download(request, options);
    expect(readFileSync(request.target).equals(file)).toBe(true);
  });

  it('ends a download that has gone silent', async () => {
    const server = await serveFiles({ [locked.path]: file }, (reply, bytes) => {
      reply.writeHead(200, { 'Content-Length': bytes.length }).write(bytes.subarray(0, 10));
      return true;
    });
    const { request, options } = prepare(server.url, { stallMs: 50, attempts: 2 });
    await expect(download(request, options)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(server.requests).toHaveLength(2);
  });

  it('names the repository that does not answer', async () => {
    const { request, options } = prepare('http://127.0.0.1:9', { attempts: 1 });
    await expect(download(request, options)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('http://127.0.0.1:9'),
      hint: expect.stringContaining('HTTPS_PROXY'),
    });
  });

  it('goes through the proxy of the environment', async () => {
    const server = await serveFiles({ [locked.path]: file });
    const proxied: string[] = [];
    const proxy = createServer((message, reply) => {
      proxied.push(message.url ?? '');
      const forward = httpRequest({ port: server.port, path: message.url, method: message.method }, (answer) => {
        reply.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(reply);
      });
      forward.end();
    });
    proxy.on('connect', (message, client) => {
      proxied.push(message.url ?? '');
      const target = connect(server.port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        target.pipe(client).pipe(target);
      });
      target.on('error', () => client.destroy());
      client.on('error', () => target.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      proxy.closeAllConnections();
      proxy.close();
    });
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    vi.stubEnv('HTTP_PROXY', address);
    vi.stubEnv('http_proxy', address);
    vi.stubEnv('NO_PROXY', '');
    vi.stubEnv('no_proxy', '');
    const client = createAxios('http://repository.invalid', 5_000, { keepAlive: true, maxSockets: 2 });
    const { request, options } = prepare('http://repository.invalid', { client });
    await download(request, options);
    client.defaults.httpsAgent.destroy();
    expect(readFileSync(request.target).equals(file)).toBe(true);
    expect(proxied).toEqual([expect.stringContaining('repository.invalid')]);
  });
});
