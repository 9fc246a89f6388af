import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createMskProject } from '../../support/msk/msk-project.ts';

test('a command reaches Kafka at the brokers that MSK tells of the cluster', { timeout: 60_000 }, async () => {
  let connections = 0;
  const broker = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void broker.close());
  const { port } = broker.address() as AddressInfo;
  const project = await createMskProject({}, { iamBrokers: [`127.0.0.1:${port}`], byCluster: true });
  const { code, stderr } = await project.run('offsets', 'get', '--only', 'positions');
  expect(code).toBe(1);
  expect(connections).toBeGreaterThan(0);
  expect(stderr).toContain('Kafka at cluster arn:aws:kafka:');
});

test('a cluster without a login by IAM is told as that', async () => {
  const project = await createMskProject({}, { iamBrokers: [], byCluster: true });
  const { code, stderr } = await project.run('offsets', 'get', '--only', 'positions');
  expect(code).toBe(1);
  expect(stderr).toContain('has no brokers for access by iam');
});
