import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { openChannel } from '../../../../producer/feed/client.ts';

const toClose: { close(): unknown }[] = [];
afterEach(() => {
  for (const each of toClose.splice(0)) each.close();
});

/** Reads one message of a service that compresses, by Node's own HTTP/2: no gRPC server here does. */
async function readCompressed(message: Buffer): Promise<{ lengths: number[]; accepts: string; error?: unknown }> {
  let accepts = '';
  const server = createServer();
  server.on('stream', (stream, headers) => {
    accepts = String(headers['grpc-accept-encoding']);
    stream.on('error', () => {});
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', 'grpc-encoding': 'gzip' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    const body = gzipSync(message);
    const prefix = Buffer.alloc(5);
    prefix[0] = 1;
    prefix.writeUInt32BE(body.length, 1);
    stream.end(Buffer.concat([prefix, body]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const channel = openChannel({ address: `127.0.0.1:${(server.address() as AddressInfo).port}`, tls: false });
  toClose.push(channel, server);
  const lengths: number[] = [];
  const error = await channel
    .read(
      {
        path: '/acme.md.Tape/StreamPrints',
        request: Buffer.alloc(0),
        readEvent: (bytes) => ({ kind: 'undecodable', bytes, reason: '' }),
      },
      {
        call: { service: 'acme.md.Tape', method: 'StreamPrints' },
        signal: new AbortController().signal,
        onEvent: (event) => void (event.kind === 'undecodable' && lengths.push(event.bytes.length)),
      },
    )
    .catch((failure: unknown) => failure);
  return { lengths, accepts, error };
}

it('a message that the service compresses is read', async () => {
  const { lengths, accepts, error } = await readCompressed(Buffer.alloc(3_000_000, 7));
  expect(error).toBeUndefined();
  expect(lengths).toEqual([3_000_000]);
  expect(accepts).toContain('gzip');
});

it('a small message that is large once it is read is refused, and the run does not try again', async () => {
  const { lengths, error } = await readCompressed(Buffer.alloc(50_000_000, 7));
  expect(lengths).toEqual([]);
  expect(error).toMatchObject({ code: 'REFUSED', retryable: false });
});
