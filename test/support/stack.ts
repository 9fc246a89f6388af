import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { down, up } from '../../stack/embedded-stack.ts';
import type { StackEvent, StackPorts } from '../../stack/types.ts';
import { freePorts } from './free-ports.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder whose `.connect` holds the stack that the tests share. */
    readonly stackRoot: string;
    readonly stackPorts: StackPorts;
  }
}

const PREFIX = 'perps-connect-test-stack-';

interface SharedStack {
  users: number;
  readonly running: Promise<{ root: string; ports: StackPorts }>;
}

// Each vitest project loads this module anew, but they are to share one stack: it hangs on the process.
const shared = globalThis as { perpsConnectTestStack?: SharedStack | undefined };

/** vitest's global setup: one real stack on free ports, stopped and removed when the last project is done. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.perpsConnectTestStack ??= { users: 0, running: start() };
  const stack = shared.perpsConnectTestStack;
  stack.users += 1;
  const { root, ports } = await stack.running;
  project.provide('stackRoot', root);
  project.provide('stackPorts', ports);
  return async () => {
    stack.users -= 1;
    if (stack.users > 0) return;
    shared.perpsConnectTestStack = undefined;
    await remove(root);
  };
}

async function start(): Promise<{ root: string; ports: StackPorts }> {
  await removeAbandoned();
  const root = mkdtempSync(join(tmpdir(), PREFIX));
  // PostgreSQL runs as another user when the tests run as root.
  chmodSync(root, 0o755);
  writeFileSync(join(root, 'owner.pid'), String(process.pid));
  const [kafka = 0, registry = 0, postgres = 0, connect = 0] = await freePorts(4);
  const ports = { kafka, registry, postgres, connect };
  const began = Date.now();
  try {
    await up({ root, ports, env: process.env, onEvent: reportDownload() });
  } catch (error) {
    await remove(root);
    throw error;
  }
  process.stderr.write(`test stack ready in ${((Date.now() - began) / 1000).toFixed(1)} s (${root})\n`);
  return { root, ports };
}

function reportDownload(): (event: StackEvent) => void {
  let announced = false;
  return (event) => {
    if (event.kind !== 'download' || announced) return;
    announced = true;
    process.stderr.write(`downloading the stack's parts (${Math.round(event.totalBytes / 1e6)} MB)\n`);
  };
}

async function remove(root: string): Promise<void> {
  await down({ root });
  rmSync(root, { recursive: true, force: true });
}

/** Stops the stacks of test runs that were killed. */
async function removeAbandoned(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const root = join(tmpdir(), name);
    const ownerFile = join(root, 'owner.pid');
    if (existsSync(ownerFile) && !runs(Number(readFileSync(ownerFile, 'utf8')))) await remove(root);
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
