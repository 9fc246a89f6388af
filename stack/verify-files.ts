import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LockedFile, LockedGroup } from './artifacts.ts';

/** What stands between a folder and its lock. */
export interface Deviation {
  readonly missing: readonly LockedFile[];
  /** Present, but not the bytes they should be. */
  readonly altered: readonly LockedFile[];
  /** Paths in the folder that the lock does not name; a plugin folder would load them. */
  readonly unexpected: readonly string[];
}

/** Compares every byte of a group's folder with the lock. A folder that does not exist misses everything. */
export async function verifyGroup(folder: string, group: LockedGroup): Promise<Deviation> {
  const present = new Set(await listFiles(folder));
  const missing = group.files.filter(({ name }) => !present.has(name));
  const altered: LockedFile[] = [];
  for (const file of group.files) {
    if (present.delete(file.name) && !(await matches(join(folder, file.name), file))) altered.push(file);
  }
  return { missing, altered, unexpected: [...present] };
}

/** Whether a file has exactly the locked size and hash. */
export async function matches(path: string, expected: { sha256: string; size: number }): Promise<boolean> {
  if ((await stat(path)).size !== expected.size) return false;
  return (await sha256(path)) === expected.sha256;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
