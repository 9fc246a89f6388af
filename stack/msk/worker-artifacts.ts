import { delimiter, join } from 'node:path';
import { readArtifactLock } from '../artifacts.ts';
import { fetchArtifacts } from '../fetch-artifacts.ts';
import { cacheFolder } from '../folders.ts';

export interface WorkerArtifactOptions {
  /** The process environment: CONNECT_CACHE_DIR and CONNECT_MAVEN_URL are read from it. */
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The class path of a Kafka Connect worker at the level of MSK Connect's 3.7.x; its 31 MB are downloaded when they are not in
 * the cache. Errors: those of `fetchArtifacts`.
 */
export async function mskWorkerClassPath({ env, onProgress, signal }: WorkerArtifactOptions): Promise<string> {
  const { repository, msk } = readArtifactLock();
  const folders = await fetchArtifacts({
    lock: { repository, groups: { 'connect-3.7': msk.worker } },
    cache: cacheFolder(env),
    ...(env.CONNECT_MAVEN_URL ? { repository: env.CONNECT_MAVEN_URL } : {}),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(signal === undefined ? {} : { signal }),
  });
  return msk.worker.files.map(({ name }) => join(folders['connect-3.7'], name)).join(delimiter);
}
