import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface WebhookReceiver {
  readonly url: string;
  /** The bodies that were answered with 2xx, in their order. */
  readonly taken: unknown[];
  /** How many requests came, answered or not. */
  readonly asked: () => number;
  /** Stops listening, so that connections are refused; and listens again at the same address. */
  away(): Promise<void>;
  back(): Promise<void>;
}

/** An HTTP server that receives webhooks as real ones do. `answer` decides; without it each is answered with 200. */
export async function receiveWebhooks(
  answer: (body: unknown, reply: ServerResponse, request: IncomingMessage) => void = (_body, reply) =>
    void reply.end('ok'),
): Promise<WebhookReceiver> {
  const taken: unknown[] = [];
  let asked = 0;
  const server = createServer((request, reply) => {
    asked += 1;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      reply.on('finish', () => void (reply.statusCode < 300 && taken.push(body)));
      answer(body, reply, request);
    });
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const away = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(() => {
    return server.listening ? away() : undefined;
  });
  return {
    url: `http://127.0.0.1:${port}/hook/s3cret-path`,
    taken,
    asked: () => asked,
    away,
    back: () => listen(port),
  };
}
