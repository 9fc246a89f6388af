import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down } from '../../stack/embedded-stack.ts';

const PREFIX = 'perps-connect-test-stack-';

/** A folder for a test's own stack. It carries the number of its owner, so that the next run can tidy up after a killed one. */
export function createStackFolder(): string {
  const root = mkdtempSync(join(tmpdir(), PREFIX));
  // PostgreSQL runs as another user when the tests run as root.
  chmodSync(root, 0o755);
  writeFileSync(join(root, 'owner.pid'), String(process.pid));
  return root;
}

/** Stops the stacks of the projects in such a folder and deletes it. */
export async function removeStackFolder(root: string): Promise<void> {
  for (const project of projectsIn(root, 3)) await down({ root: project });
  rmSync(root, { recursive: true, force: true });
}

/** Does so for every folder of this user whose process has died. */
export async function removeAbandonedStacks(): Promise<void> {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const root = join(tmpdir(), name);
    if (statSync(root).uid !== process.getuid?.()) continue;
    const owner = join(root, 'owner.pid');
    if (existsSync(owner) && !runs(Number(readFileSync(owner, 'utf8')))) await removeStackFolder(root);
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

function projectsIn(folder: string, depth: number): string[] {
  const own = existsSync(join(folder, '.connect')) ? [folder] : [];
  if (depth === 0) return own;
  const below = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() && !/^(?:\.|node_modules$)/.test(entry.name),
  );
  return [...own, ...below.flatMap(({ name }) => projectsIn(join(folder, name), depth - 1))];
}
