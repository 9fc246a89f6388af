import { expect, test } from 'vitest';
import { machineDisk } from '../../../../../operate/doctor/checks/machine.ts';
import { freeBytes } from '../../../../../operate/doctor/free-bytes.ts';
import { staging } from '../../../../support/positions-stream.ts';

const machine = {
  nodeVersion: 'v20.12.0',
  java: async () => '17',
  folders: [{ what: 'local stack', path: '/nowhere/.connect' }],
};
const local = {
  ...staging,
  stack: { kind: 'embedded', ports: { kafka: 1, connect: 2, registry: 3, postgres: 4, feed: 5 } } as const,
};

test.each([
  [100, 'broken'],
  [1_000, 'warning'],
  [3_000, 'ok'],
])('%i MiB free: %s', async (mebibytes, verdict) => {
  const probes = { environment: local, machine, freeBytes: async () => mebibytes * 1024 ** 2 };
  expect(await machineDisk.run(probes)).toMatchObject([{ verdict, subject: 'local stack' }]);
});

test('a folder that does not exist yet has the room of the one that it will stand in', async () => {
  expect(await freeBytes('/nowhere/.connect')).toBeGreaterThan(0);
});

test('without a local stack there is nothing to look at', async () => {
  expect(await machineDisk.run({ environment: staging, machine, freeBytes })).toEqual([]);
});
