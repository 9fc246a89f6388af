import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as tar from 'tar';
import { ConnectError } from '../core/errors.ts';
import type { CachedGroup } from './artifacts.ts';
import { verifyGroup } from './verify-files.ts';

/**
 * Unpacks the locked files of an archive into `scratch`, checks every one, and puts the folder in place at once: it is
 * either absent or whole. Errors: CORRUPT when the archive does not hold what the lock names.
 */
export async function unpack(archive: string, group: CachedGroup, scratch: string): Promise<void> {
  const wanted = new Set(group.files.map(({ name }) => name));
  const fresh = join(scratch, `${process.pid}-${randomUUID()}`);
  try {
    await mkdir(fresh, { recursive: true });
    await tar.extract({
      file: archive,
      cwd: fresh,
      strict: true,
      preserveOwner: false,
      filter: (path) => wanted.has(path.replace(/^\.\//, '')),
    });
    const { missing, altered } = await verifyGroup({ ...group, folder: fresh });
    const wrong = [...missing, ...altered][0];
    if (wrong !== undefined) {
      throw new ConnectError('CORRUPT', `${group.archive?.path} does not hold the locked ${wrong.name}`, {
        hint: 'the lock file of this package is inconsistent; please report it',
      });
    }
    await rm(group.folder, { recursive: true, force: true });
    await rename(fresh, group.folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
