import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ConnectError, messageOf } from './errors.ts';
import type { Metrics } from './metrics.ts';

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

interface MetricsServerOptions {
  readonly listen: ListenAddress;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** Why the process does not do its work; undefined when it does. */
  readonly notReady: () => string | undefined;
}

/** Small, because it asks for nothing: nobody has a reason to send more. */
const LIMITS = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 30_000,
} as const;
const MAX_CONNECTIONS = 32;
const PLAIN = 'text/plain; charset=utf-8';

/**
 * Serves `/metrics`, `/healthz` (the process answers) and `/readyz` (it does its work; 503 with the reason when not).
 * Errors: ENVIRONMENT when it cannot listen there.
 */
export async function serveMetrics({ listen, metrics, notReady }: MetricsServerOptions) {
  const answers: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
    '/metrics': async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
    '/healthz': () => ({ status: 200, body: 'ok\n' }),
    '/readyz': () => {
      const reason = notReady();
      return reason === undefined ? { status: 200, body: 'ok\n' } : { status: 503, body: `${reason}\n` };
    },
  };
  const server = createServer(LIMITS, (request, response) => void respond(answers, request, response));
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(listen, error)));
    server.listen(listen.port, listen.host, resolve);
  });
  const { address, port, family } = server.address() as AddressInfo;
  return {
    /** With the port that it got, where 0 was asked for. */
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
}

async function respond(
  answers: Readonly<Record<string, () => Answer | Promise<Answer>>>,
  { method, url = '/' }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = url.split('?', 1)[0] ?? '/';
  const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
  const { status, type = PLAIN, body } = await answerTo(method, answer);
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    // A body that nobody reads must not keep the connection.
    ...(status === 405 ? { allow: 'GET, HEAD', connection: 'close' } : {}),
  });
  response.end(method === 'HEAD' ? undefined : body);
}

async function answerTo(
  method: string | undefined,
  answer: (() => Answer | Promise<Answer>) | undefined,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: 'only GET and HEAD\n' };
  if (answer === undefined) return { status: 404, body: '/metrics, /healthz, /readyz\n' };
  try {
    return await answer();
  } catch {
    // What went wrong may name what nobody here shall see.
    return { status: 500, body: 'the metrics could not be read\n' };
  }
}

function cannotListen({ host, port }: ListenAddress, error: Error): ConnectError {
  const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  return new ConnectError(
    'ENVIRONMENT',
    `cannot serve metrics at ${host}:${port}: ${isTaken ? `port ${port} is taken` : messageOf(error)}`,
    { cause: error, details: { host, port }, hint: 'name another address: --metrics HOST:PORT' },
  );
}
