import type { TestProject } from 'vitest/node';
import { up } from '../../stack/embedded-stack.ts';
import type { StackEvent, StackPorts } from '../../stack/types.ts';
import { freePorts } from './free-ports.ts';
import { createStackFolder, removeAbandonedStacks, removeStackFolder } from './stack-folder.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder whose `.connect` holds the stack that the tests share. */
    readonly stackRoot: string;
    readonly stackPorts: StackPorts;
  }
}

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
    await removeStackFolder(root);
  };
}

async function start(): Promise<{ root: string; ports: StackPorts }> {
  await removeAbandonedStacks();
  const root = createStackFolder();
  const [kafka = 0, registry = 0, postgres = 0, connect = 0] = await freePorts(4);
  const ports = { kafka, registry, postgres, connect };
  const began = Date.now();
  try {
    await up({ root, ports, env: process.env, onEvent: reportDownload() });
  } catch (error) {
    await removeStackFolder(root);
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
