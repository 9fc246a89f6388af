import { expect, test } from 'vitest';
import { machineVersions } from '../../../../../operate/doctor/checks/machine.ts';
import { createMskProject } from '../../../../support/msk/msk-project.ts';
import { staging } from '../../../../support/positions-stream.ts';

const nextNode = { whose: 'a client', version: '22', since: 'January 2027' };
const findings = (nodeVersion: string, host: object) =>
  machineVersions.run({
    environment: staging,
    machine: { nodeVersion, java: async () => '17', folders: [] },
    host: host as Parameters<typeof machineVersions.run>[0]['host'],
  });

test.each([
  ['v20.11.1', { nextNode }, 'broken', 'is v20.11.1'],
  ['v20.20.2', {}, 'ok', 'v20.20.2'],
  ['v20.20.2', { nextNode }, 'warning', 'is v20.20.2; versions of a client from January 2027 on want 22 or newer'],
  ['v22.0.0', { nextNode }, 'ok', 'v22.0.0'],
])('Node.js %s beside a host that wants %o later: %s', async (version, host, verdict, message) => {
  expect(await findings(version, host)).toEqual([expect.objectContaining({ verdict, subject: 'Node.js', message })]);
});

test('sinks on MSK Connect are such a host', { timeout: 60_000 }, async () => {
  const project = await createMskProject();
  const { stdout } = await project.run('doctor', '-o', 'json', '--timeout', '5s');
  const [node] = (JSON.parse(stdout) as { checks: { check: string; message: string }[] }).checks;
  expect(node?.check).toBe('machine.versions');
  expect(node?.message.includes("AWS's SDK from January 2027")).toBe(process.versions.node.startsWith('20.'));
});
