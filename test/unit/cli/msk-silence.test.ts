import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { serveJson } from '../../support/json-server.ts';
import { createMskProject, type MskProject } from '../../support/msk/msk-project.ts';
import { pluginZip } from '../../support/msk/plugin-zip.ts';

// The service takes the connection and never answers: a half-open line, a firewall, a VPN that is gone.

async function silentProject(): Promise<MskProject> {
  const registry = await serveJson(() => ({ status: 404, body: { error_code: 40401, message: 'no such subject' } }));
  const project = await createMskProject({}, { registry: registry.url });
  project.fake.faults.silent = /./;
  mkdirSync(join(project.root, '.connect'), { recursive: true });
  writeFileSync(join(project.root, '.connect', 'plugin-msk.zip'), await pluginZip());
  return project;
}

test.each([
  ['plan', []],
  ['pause', []],
  ['restart', []],
  ['delete', ['--yes']],
  ['status', []],
  ['doctor', []],
  ['import', ['positions-sink']],
])(
  'Ctrl-C ends `connect %s` while the service is silent, with exit code 130',
  { timeout: 30_000 },
  async (command, flags) => {
    const project = await silentProject();
    const interrupt = new AbortController();
    const running = project.runUntil(interrupt.signal, command, ...flags);
    await expect.poll(() => project.fake.calls.length, { timeout: 15_000 }).toBeGreaterThan(0);
    const startedAt = performance.now();
    interrupt.abort();
    expect((await running).code).toBe(130);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  },
);

test.each(['pause', 'resume', 'restart', 'delete'])(
  '`connect %s --timeout 1s` does not outlive its time by more than 5 s',
  { timeout: 30_000 },
  async (command) => {
    const project = await silentProject();
    const yes = command === 'delete' ? ['--yes'] : [];
    const running = project.run(command, '--only', 'positions', '--timeout', '1s', ...yes);
    await expect.poll(() => project.fake.calls.length, { timeout: 15_000 }).toBeGreaterThan(0);
    const startedAt = performance.now();
    const { code, stderr } = await running;
    expect(performance.now() - startedAt).toBeLessThan(6_000);
    expect(code).toBe(1);
    expect(stderr).toContain('no answer in 1 s');
  },
);
