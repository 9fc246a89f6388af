import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { createAxios } from '../core/http.ts';
import { type CachedGroup, readArtifactLock } from './artifacts.ts';
import { type DownloadOptions, download } from './download.ts';
import { cacheFolder, makeFolder, storageError } from './folders.ts';
import { unpack } from './unpack.ts';
import { type Deviation, verifyGroup } from './verify-files.ts';
import { waitForLock } from './wait-for-lock.ts';

/** Where artifacts come from, and where they are kept. */
export interface ArtifactStore {
  /** Base URL of a Maven repository. */
  readonly repository: string;
  readonly cache: string;
}

export interface FetchOptions extends ArtifactStore, Partial<Pick<DownloadOptions, 'signal' | 'attempts'>> {
  readonly onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
  readonly onNote?: ((message: string) => void) | undefined;
}

const PARALLEL = 8;
const HOUR_MS = 3_600_000;

/** What the process environment says: CONNECT_MAVEN_URL instead of the lock's repository, and the user's cache. */
export const artifactStore = (env: NodeJS.ProcessEnv): ArtifactStore => ({
  repository: env.CONNECT_MAVEN_URL || readArtifactLock().repository,
  cache: cacheFolder(env),
});

/**
 * Makes sure that every locked file is in the cache and unaltered, downloading what is not.
 * All of it is hashed at each call (210 MB: 0.2 to 0.6 s), so a tampered or half-written jar is never run.
 * Two processes may call it at once: the second waits, then finds everything there.
 * Errors: those of `download`; ENVIRONMENT when the cache cannot be written.
 */
export async function fetchArtifacts(groups: readonly CachedGroup[], options: FetchOptions): Promise<void> {
  const { cache, signal, onNote } = options;
  try {
    if ((await findDeviations(groups)).length === 0) return;
    makeFolder(cache);
    const release = await waitForLock(cache, 'download.lock', {
      staleMs: 10_000,
      signal,
      onWait: () => onNote?.(`another process downloads into ${cache}; waiting for it`),
      // Nothing breaks when two download at once: each file is put in place whole.
      onLost: () => {},
    });
    try {
      await repair(await findDeviations(groups), options);
    } finally {
      await release().catch(() => {});
    }
  } catch (error) {
    if (signal?.aborted) throw new ConnectError('INTERRUPTED', 'the download was interrupted');
    throw storageError(error, cache, 'CONNECT_CACHE_DIR') ?? error;
  }
}

async function findDeviations(groups: readonly CachedGroup[]): Promise<Deviation[]> {
  const found = await Promise.all(groups.map(verifyGroup));
  return found.filter(({ missing, altered, unexpected }) => missing.length + altered.length + unexpected.length > 0);
}

async function repair(deviations: readonly Deviation[], options: FetchOptions): Promise<void> {
  const scratch = join(options.cache, 'incomplete');
  await mkdir(scratch, { recursive: true });
  await removeAbandoned(scratch);
  for (const { group, altered, unexpected } of deviations) {
    for (const { name } of altered) {
      options.onNote?.(`${join(group.folder, name)} is not the locked file; fetching it again`);
    }
    for (const name of unexpected) {
      const file = join(group.folder, name);
      options.onNote?.(`${file} does not belong there; removed`);
      await rm(file, { force: true });
    }
  }
  await runAll(
    deviations.flatMap((deviation) => jobsFor(deviation, scratch)),
    scratch,
    options,
  );
}

/** One thing to fetch, and the bytes to download for it. */
interface Job {
  readonly size: number;
  run(options: DownloadOptions): Promise<void>;
}

function jobsFor({ group, missing, altered }: Deviation, scratch: string): Job[] {
  const wanted = [...missing, ...altered];
  const { archive, folder } = group;
  if (archive === undefined) {
    return wanted.map(({ name, path = '', content, size, sha256 }) => {
      const target = join(folder, name);
      if (content !== undefined) return { size: 0, run: () => writeInline(content, target, scratch) };
      return { size, run: (options) => download({ path, target, size, sha256 }, options) };
    });
  }
  const target = join(scratch, `${process.pid}-${randomUUID()}.tar.gz`);
  const run = async (options: DownloadOptions) => {
    try {
      await download({ ...archive, target }, options);
      await unpack(target, group, scratch);
    } finally {
      await rm(target, { force: true });
    }
  };
  return wanted.length === 0 ? [] : [{ size: archive.size, run }];
}

async function writeInline(content: string, target: string, scratch: string): Promise<void> {
  const fresh = join(scratch, `${process.pid}-${randomUUID()}.part`);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(fresh, Buffer.from(content, 'base64'));
  await rename(fresh, target);
}

async function runAll(jobs: readonly Job[], scratch: string, options: FetchOptions): Promise<void> {
  const { repository, attempts, signal, onProgress } = options;
  const total = jobs.reduce((sum, { size }) => sum + size, 0);
  const failed = new AbortController();
  // A connection for each of 117 files is as many look-ups and handshakes, and took ten times as long.
  const client = createAxios(repository, 30_000, { keepAlive: true, maxSockets: PARALLEL });
  let done = 0;
  const shared: DownloadOptions = {
    client,
    scratch,
    attempts,
    signal: AbortSignal.any(signal === undefined ? [failed.signal] : [failed.signal, signal]),
    onBytes: (bytes) => {
      done += bytes;
      onProgress?.(done, total);
    },
  };
  // The largest first: they decide when all is there.
  const queue = [...jobs].sort((a, b) => b.size - a.size);
  const worker = async () => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) await job.run(shared);
  };
  let first: unknown;
  const workers = Array.from({ length: PARALLEL }, () =>
    worker().catch((error: unknown) => {
      first ??= error;
      failed.abort();
    }),
  );
  await Promise.all(workers);
  client.defaults.httpsAgent?.destroy();
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
