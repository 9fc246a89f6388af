import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface FileServer {
  readonly url: string;
  readonly port: number;
  /** Every request so far: path and Range header. */
  readonly requests: { readonly path: string; readonly range: string | undefined }[];
}

/** What a request is answered with, instead of the file; `request` counts from 1 for each path. */
export type Misbehaviour = (reply: ServerResponse, file: Buffer, request: number, message: IncomingMessage) => boolean;

/**
 * A Maven repository in miniature: serves the given files by path, understands byte ranges.
 * `misbehave` may answer in its own way and then returns true.
 */
export async function serveFiles(
  files: Readonly<Record<string, Buffer>>,
  misbehave?: Misbehaviour,
): Promise<FileServer> {
  const requests: FileServer['requests'] = [];
  const server = createServer((message, reply) => {
    // As a proxy's target the whole URL may stand in the request line.
    const path = new URL(message.url ?? '/', 'http://repository').pathname.slice(1);
    requests.push({ path, range: message.headers.range });
    const file = files[path];
    if (file === undefined) {
      reply.writeHead(404).end();
      return;
    }
    const count = requests.filter((request) => request.path === path).length;
    if (misbehave?.(reply, file, count, message)) return;
    const from = Number(/^bytes=(\d+)-$/.exec(message.headers.range ?? '')?.[1] ?? 0);
    reply.writeHead(from > 0 ? 206 : 200, { 'Content-Length': file.length - from }).end(file.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, requests };
}

/** Sends the first bytes of a file, then tears the connection down. */
export function cutAfter(bytes: number, reply: ServerResponse, file: Buffer): void {
  reply.writeHead(200, { 'Content-Length': file.length });
  reply.write(file.subarray(0, bytes), () => setImmediate(() => reply.destroy()));
}
