import { type IncomingMessage, request, type ServerResponse } from 'node:http';

/** Passes a request on to the HTTP service at `target`, and its answer back, byte by byte. */
export function passOn(incoming: IncomingMessage, outgoing: ServerResponse, target: string): void {
  const { method = 'GET', url: path = '/', headers } = incoming;
  const onward = request(new URL(path, target), { method, headers }, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
