import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface JsonServer {
  readonly url: string;
  /** `METHOD path` of every request so far. */
  readonly requests: string[];
  /** The `Authorization` header of the last request. */
  authorization(): string | undefined;
}

export interface JsonReply {
  readonly status: number;
  readonly body: unknown;
}

/** An HTTP server on a free loopback port that answers each request as `answer` says; 404 for undefined. */
export async function serveJson(
  answer: (request: string, body: unknown) => JsonReply | undefined,
): Promise<JsonServer> {
  const requests: string[] = [];
  let authorization: string | undefined;
  const server = createServer((message, reply) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const request = `${message.method} ${message.url}`;
      requests.push(request);
      authorization = message.headers.authorization;
      const text = Buffer.concat(chunks).toString();
      const { status, body } = answer(request, text === '' ? undefined : JSON.parse(text)) ?? {
        status: 404,
        body: { error_code: 40400, message: 'not found' },
      };
      const isText = typeof body === 'string';
      reply.writeHead(status, { 'Content-Type': isText ? 'text/html' : 'application/json' });
      reply.end(isText ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, requests, authorization: () => authorization };
}
