import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { passOn } from './pass-on.ts';

/** Stands in front of an HTTP service and passes everything on, but for what `intercept` keeps: that gets this status, or is never answered. */
export async function startTamperingProxy(
  target: string,
  intercept: (method: string, path: string) => boolean | number,
): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url: path = '/' } = incoming;
    const kept = intercept(method, path);
    if (typeof kept === 'number') {
      outgoing.writeHead(kept, { 'Content-Type': 'application/json' });
      outgoing.end(JSON.stringify({ error_code: kept, message: 'the connection to its database is broken' }));
    }
    if (kept === false) passOn(incoming, outgoing, target);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
