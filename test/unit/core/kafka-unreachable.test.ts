import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createAdmin } from '../../../core/kafka.ts';
import { freePorts } from '../../support/free-ports.ts';

test('a cluster is called unreachable once each of its brokers was tried, and not a quarter of a minute later', async () => {
  const [port = 0, ...dead] = await freePorts(4);
  let tried = 0;
  const server = createServer((socket) => {
    tried += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const startedAt = performance.now();
  const brokers = [...dead, port].map((at) => `127.0.0.1:${at}`);
  await expect(createAdmin({ brokers }, 'test', 1).connect()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  expect(tried).toBeGreaterThan(0);
});
