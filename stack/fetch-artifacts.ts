import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { ConnectError } from '../core/errors.ts';
import { type ArtifactLock, type GroupName, groupFolder } from './artifacts.ts';
import { type DownloadOptions, type DownloadRequest, download } from './download.ts';
import { makeFolder, storageError } from './folders.ts';
import { createRepositoryClient } from './repository-client.ts';
import { unpack } from './unpack.ts';
import { type Deviation, verifyGroup } from './verify-files.ts';

export interface FetchOptions<Name extends string = GroupName> {
  readonly lock: ArtifactLock<Name>;
  readonly cache: string;
  /** Base URL of a mirror; default is the lock's repository. */
  readonly repository?: string;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly onNote?: (message: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Tries for each file. Default 6. */
  readonly attempts?: number;
  /** Only these groups. Default: all. */
  readonly groups?: readonly Name[];
}

/** Folder of each group in the cache: complete, and every byte as locked. */
export type ArtifactFolders<Name extends string = GroupName> = Readonly<Record<Name, string>>;

const PARALLEL = 8;
const HOUR_MS = 3_600_000;
const STALE_LOCK_MS = 10_000;

/** Where each group lies in the cache, whether it is there or not. */
export function artifactFolders<Name extends string>(
  lockFile: ArtifactLock<Name>,
  cache: string,
): ArtifactFolders<Name> {
  const names = Object.keys(lockFile.groups) as Name[];
  return Object.fromEntries(
    names.map((name) => [name, groupFolder(cache, name, lockFile.groups[name])]),
  ) as ArtifactFolders<Name>;
}

/**
 * Makes sure that every locked file is in the cache and unaltered, downloading what is not.
 * All of it is hashed at each call (210 MB: 0.2 to 0.6 s), so a tampered or half-written jar is never run.
 * Two processes may call it at once: the second waits, then finds everything there.
 * Errors: those of `download`; ENVIRONMENT when the cache cannot be written.
 */
export async function fetchArtifacts<Name extends string>(options: FetchOptions<Name>): Promise<ArtifactFolders<Name>> {
  const { cache } = options;
  const folders = artifactFolders(options.lock, cache);
  try {
    if ((await findDeviations(options, folders)).size === 0) return folders;
    makeFolder(cache);
    const release = await lockCache(options);
    try {
      await repair(options, folders, await findDeviations(options, folders));
    } finally {
      await release();
    }
  } catch (error) {
    if (options.signal?.aborted) throw new ConnectError('INTERRUPTED', 'the download was interrupted');
    throw storageError(error, cache, 'CONNECT_CACHE_DIR') ?? error;
  }
  return folders;
}

async function findDeviations<Name extends string>(
  options: FetchOptions<Name>,
  folders: ArtifactFolders<Name>,
): Promise<Map<Name, Deviation>> {
  const names = options.groups ?? (Object.keys(folders) as Name[]);
  const found = await Promise.all(
    names.map(async (name) => [name, await verifyGroup(folders[name], options.lock.groups[name])] as const),
  );
  return new Map(
    found.filter(([, { missing, altered, unexpected }]) => missing.length + altered.length + unexpected.length > 0),
  );
}

/** Waits for another process that is downloading. The lock of one that was killed is overcome after 10 s. */
async function lockCache<Name extends string>(options: FetchOptions<Name>): Promise<() => Promise<void>> {
  const { cache } = options;
  for (let attempt = 0; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      const release = await lock(cache, {
        lockfilePath: join(cache, 'download.lock'),
        realpath: false,
        stale: STALE_LOCK_MS,
        // Nothing breaks when two download at once: each file is put in place whole.
        onCompromised: () => {},
      });
      return () => release().catch(() => {});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      if (attempt === 0) options.onNote?.(`another process downloads into ${cache}; waiting for it`);
      await sleep(200);
    }
  }
}

/** One download, and what is to be done with it. */
interface Job {
  readonly request: DownloadRequest;
  readonly use?: () => Promise<void>;
}

async function repair<Name extends string>(
  options: FetchOptions<Name>,
  folders: ArtifactFolders<Name>,
  deviations: ReadonlyMap<Name, Deviation>,
): Promise<void> {
  const scratch = join(options.cache, 'incomplete');
  await mkdir(scratch, { recursive: true });
  await removeAbandoned(scratch);
  const jobs: Job[] = [];
  for (const [name, { missing, altered, unexpected }] of deviations) {
    const group = options.lock.groups[name];
    const fileIn = (file: string) => join(folders[name], file);
    for (const file of altered) options.onNote?.(`${fileIn(file.name)} is not the locked file; fetching it again`);
    for (const file of unexpected) {
      options.onNote?.(`${fileIn(file)} does not belong there; removed`);
      await rm(fileIn(file), { force: true });
    }
    const wanted = [...missing, ...altered];
    if (group.archive !== undefined && wanted.length > 0) {
      const target = join(scratch, `${process.pid}-${randomUUID()}.tar.gz`);
      jobs.push({ request: { ...group.archive, target }, use: () => unpack(target, group, folders[name], scratch) });
    }
    for (const file of wanted) {
      const target = fileIn(file.name);
      if (file.path !== undefined) jobs.push({ request: { ...file, path: file.path, target } });
      else if (file.content !== undefined) await writeInline(file.content, target, scratch);
    }
  }
  await runAll(jobs, scratch, options);
}

async function writeInline(content: string, target: string, scratch: string): Promise<void> {
  const fresh = join(scratch, `${process.pid}-${randomUUID()}.part`);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(fresh, Buffer.from(content, 'base64'));
  await rename(fresh, target);
}

async function runAll<Name extends string>(
  jobs: readonly Job[],
  scratch: string,
  options: FetchOptions<Name>,
): Promise<void> {
  const total = jobs.reduce((sum, { request }) => sum + request.size, 0);
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const repository = createRepositoryClient(options.repository ?? options.lock.repository, PARALLEL);
  let done = 0;
  const shared: DownloadOptions = {
    client: repository.client,
    scratch,
    signal,
    ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
    onBytes: (bytes) => {
      done += bytes;
      options.onProgress?.(done, total);
    },
  };
  // The largest first: they decide when all is there.
  const queue = [...jobs].sort((a, b) => b.request.size - a.request.size);
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      await download(job.request, shared);
      try {
        await job.use?.();
      } finally {
        if (job.use !== undefined) await rm(job.request.target, { force: true });
      }
    }
  };
  let first: unknown;
  const workers = Array.from({ length: PARALLEL }, () =>
    worker().catch((error: unknown) => {
      first ??= error;
      failed.abort();
    }),
  );
  await Promise.all(workers);
  repository.close();
  if (first !== undefined) throw first;
}

/** Removes what a killed process left behind. */
async function removeAbandoned(scratch: string): Promise<void> {
  for (const name of await readdir(scratch)) {
    const path = join(scratch, name);
    const info = await stat(path).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > HOUR_MS) await rm(path, { recursive: true, force: true });
  }
}
