import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createAdmin } from '../../../core/kafka.ts';
import { freePorts } from '../../support/free-ports.ts';

test('a cluster is called unreachable once each of its brokers was tried, and not a quarter of a minute later', async () => {
  const tried: number[] = [];
  const ports = await freePorts(3);
  for (const port of ports) {
    const server = createServer((socket) => {
      tried.push(port);
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
  }
  const startedAt = performance.now();
  const brokers = ports.map((port) => `127.0.0.1:${port}`);
  await expect(createAdmin({ brokers }, 'test', 1).connect()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  expect(new Set(tried)).toEqual(new Set(ports));
});
