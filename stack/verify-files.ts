import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { CachedGroup, LockedFile } from './artifacts.ts';

/** What stands between a group's folder and the lock. */
export type Deviation = Awaited<ReturnType<typeof verifyGroup>>;

/** Compares every byte of a group's folder with the lock. A folder that does not exist misses everything. */
export async function verifyGroup(group: CachedGroup) {
  const { folder, files } = group;
  const present = new Set(await listFiles(folder));
  const missing = files.filter(({ name }) => !present.has(name));
  /** Present, but not the bytes they should be. */
  const altered: LockedFile[] = [];
  for (const file of files) {
    if (present.delete(file.name) && !(await matches(join(folder, file.name), file))) altered.push(file);
  }
  // The paths in the folder that the lock does not name: a plugin folder would load them.
  return { group, missing, altered, unexpected: [...present] };
}

async function matches(path: string, { sha256, size }: LockedFile): Promise<boolean> {
  if ((await stat(path)).size !== size) return false;
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex') === sha256;
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
