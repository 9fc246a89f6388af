import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import * as tar from 'tar';
import { ConnectError } from '../core/errors.ts';
import { createAxios } from '../core/http.ts';
import { type ArtifactLock, type GroupName, groupFolder, type LockedGroup } from './artifacts.ts';
import { type DownloadOptions, type DownloadRequest, download } from './download.ts';
import { storageError } from './folders.ts';
import { type Deviation, verifyGroup } from './verify-files.ts';

export interface FetchOptions {
  readonly lock: ArtifactLock;
  readonly cache: string;
  /** Base URL of a mirror; default is the lock's repository. */
  readonly repository?: string;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly onNote?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Folder of each group in the cache: complete, and every byte as locked. */
export type ArtifactFolders = Readonly<Record<GroupName, string>>;

const PARALLEL = 8;
const HOUR_MS = 3_600_000;

/**
 * Makes sure that every locked file is in the cache and unaltered, downloading what is not.
 * The whole cache is hashed at each call (220 MB: 0.2 to 0.6 s), so a tampered or half-written jar is never run.
 * Two processes may call it at once: the second waits, then finds everything there.
 * Errors: those of `download`; ENVIRONMENT when the cache cannot be written.
 */
export async function fetchArtifacts(options: FetchOptions): Promise<ArtifactFolders> {
  const { cache } = options;
  const names = Object.keys(options.lock.groups) as GroupName[];
  const folders = Object.fromEntries(
    names.map((name) => [name, groupFolder(cache, name, options.lock.groups[name])]),
  ) as ArtifactFolders;
  try {
    if ((await findDeviations(options.lock, folders)).size === 0) return folders;
    await mkdir(cache, { recursive: true });
    const release = await lockCache(cache, options);
    try {
      await repair(options, folders, await findDeviations(options.lock, folders));
    } finally {
      await release();
    }
  } catch (error) {
    throw storageError(error, cache, 'CONNECT_CACHE_DIR') ?? error;
  }
  return folders;
}

async function findDeviations(lockFile: ArtifactLock, folders: ArtifactFolders): Promise<Map<GroupName, Deviation>> {
  const found = new Map<GroupName, Deviation>();
  for (const [name, group] of Object.entries(lockFile.groups) as [GroupName, LockedGroup][]) {
    const deviation = await verifyGroup(folders[name], group);
    if (deviation.missing.length + deviation.altered.length + deviation.unexpected.length > 0) {
      found.set(name, deviation);
    }
  }
  return found;
}

async function lockCache(cache: string, options: FetchOptions): Promise<() => Promise<void>> {
  let waiting = false;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      return await lock(cache, { stale: 10_000, realpath: false, lockfilePath: join(cache, 'download.lock') });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      if (!waiting) options.onNote?.(`another process downloads into ${cache}; waiting for it`);
      waiting = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

async function repair(
  options: FetchOptions,
  folders: ArtifactFolders,
  deviations: Map<GroupName, Deviation>,
): Promise<void> {
  const scratch = join(options.cache, 'incomplete');
  await removeAbandoned(scratch);
  const requests: DownloadRequest[] = [];
  const archives: { name: GroupName; target: string }[] = [];
  for (const [name, { missing, altered, unexpected }] of deviations) {
    const group = options.lock.groups[name];
    for (const file of altered)
      options.onNote?.(`${join(folders[name], file.name)} is not the locked file; fetching it again`);
    for (const file of unexpected) {
      options.onNote?.(`${join(folders[name], file)} does not belong there; removed`);
      await rm(join(folders[name], file), { force: true });
    }
    if (group.archive === undefined) {
      for (const { path = '', sha256, size, name: file } of [...missing, ...altered]) {
        requests.push({ path, sha256, size, target: join(folders[name], file) });
      }
    } else if (missing.length + altered.length > 0) {
      const target = join(scratch, `${process.pid}-${randomUUID()}.tar.gz`);
      requests.push({ ...group.archive, target });
      archives.push({ name, target });
    }
  }
  try {
    await downloadAll(requests, scratch, options);
    for (const { name, target } of archives) {
      await unpack(target, options.lock.groups[name], folders[name], scratch);
    }
  } finally {
    for (const { target } of archives) await rm(target, { force: true });
  }
}

async function downloadAll(
  requests: readonly DownloadRequest[],
  scratch: string,
  options: FetchOptions,
): Promise<void> {
  const total = requests.reduce((sum, { size }) => sum + size, 0);
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  let done = 0;
  const shared: DownloadOptions = {
    client: createAxios(options.repository ?? options.lock.repository, 30_000),
    scratch,
    signal,
    onBytes: (bytes) => {
      done += bytes;
      options.onProgress?.(done, total);
    },
  };
  // The largest first: they decide when all is there.
  const queue = [...requests].sort((a, b) => b.size - a.size);
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) await download(next, shared);
  };
  let first: unknown;
  const workers = Array.from({ length: PARALLEL }, () =>
    worker().catch((error: unknown) => {
      first ??= error;
      failed.abort();
    }),
  );
  await Promise.all(workers);
  if (first !== undefined) throw first;
}

/** Unpacks the locked files of an archive beside the folder, checks every one, and puts the folder in place at once. */
async function unpack(archive: string, group: LockedGroup, folder: string, scratch: string): Promise<void> {
  const wanted = new Set(group.files.map(({ name }) => name));
  const fresh = join(scratch, `${process.pid}-${randomUUID()}`);
  try {
    await mkdir(fresh, { recursive: true });
    await tar.extract({
      file: archive,
      cwd: fresh,
      strict: true,
      preserveOwner: false,
      filter: (path, entry) =>
        ('type' in entry && entry.type === 'File') || !('type' in entry)
          ? wanted.has(path.replace(/^\.\//, ''))
          : false,
    });
    const { missing, altered } = await verifyGroup(fresh, group);
    const wrong = [...missing, ...altered][0];
    if (wrong !== undefined) {
      throw new ConnectError('CORRUPT', `${group.archive?.path} does not hold the locked ${wrong.name}`, {
        hint: 'the lock file of this package is inconsistent; please report it',
      });
    }
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Removes what a killed process left behind. */
async function removeAbandoned(scratch: string): Promise<void> {
  const names = await readdir(scratch).catch(() => []);
  for (const name of names) {
    const path = join(scratch, name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > HOUR_MS) await rm(path, { recursive: true, force: true });
  }
}
