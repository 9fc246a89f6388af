import { createServer } from 'node:net';

/**
 * Free loopback ports below the range that systems hand out to outgoing connections, where a port found free now may be
 * somebody's a moment later. They are taken from a random start, so that runs side by side do not meet.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let tries = 0; found.length < count && tries < 500; tries += 1) {
    const port = 21_000 + Math.floor(Math.random() * 9_000);
    if (!found.includes(port) && (await canListen(port))) found.push(port);
  }
  if (found.length < count) throw new Error(`no ${count} free ports between 21000 and 30000`);
  return found;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
