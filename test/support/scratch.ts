import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** An empty folder that is removed when the test is over. Other users may enter it: PostgreSQL may run as one. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'perps-connect-scratch-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The same for all tests of a file. */
export function scratchFolderOfFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'perps-connect-scratch-'));
  chmodSync(folder, 0o755);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
