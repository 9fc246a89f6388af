import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What becomes of a request: it passes; it is answered 409 and goes no further; it is carried out and its answer is lost. */
export type Fate = 'pass' | 'conflict' | 'lose answer';

export interface RestProxy {
  readonly url: string;
  /** `METHOD path` of every request that reached the worker and was no GET. */
  readonly writes: string[];
  /** How many requests were answered 409 here. */
  conflicts(): number;
}

/** Stands before a worker and does to requests what networks and rebalances do. `onWrite` hears when the worker has answered; times in ms. */
export async function proxyRest(
  worker: string,
  fate: (request: string) => Fate,
  onWrite: (request: string, beganAt: number, endedAt: number) => void = () => {},
): Promise<RestProxy> {
  const writes: string[] = [];
  let conflicts = 0;
  const server = createServer((message, reply) => {
    void (async () => {
      const { method = 'GET', url = '/' } = message;
      const request = `${method} ${url}`;
      const beganAt = Date.now();
      const body = await textOf(message);
      const what = fate(request);
      if (what === 'conflict') {
        conflicts += 1;
        reply.writeHead(409, { 'Content-Type': 'application/json' });
        reply.end(
          JSON.stringify({ error_code: 409, message: 'Cannot complete request because of a conflicting operation' }),
        );
        return;
      }
      if (method !== 'GET') writes.push(request);
      const headers = { 'Content-Type': 'application/json' };
      const answer = await fetch(new URL(url, worker), { method, headers, ...(body === '' ? {} : { body }) });
      const text = await answer.text();
      if (method !== 'GET') onWrite(request, beganAt, Date.now());
      if (what === 'lose answer') {
        message.socket.destroy();
        return;
      }
      // A worker's 204 has no body, and may have none.
      reply.writeHead(answer.status, headers);
      reply.end(text === '' ? undefined : text);
    })().catch(() => message.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, writes, conflicts: () => conflicts };
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of message) text += String(chunk);
  return text;
}
