import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { AxiosInstance } from 'axios';
import { ConnectError } from '../core/errors.ts';
import { isAxiosError } from '../core/http.ts';
import { retry } from '../core/retry.ts';
import { storageError } from './folders.ts';

export interface DownloadRequest {
  /** Path below the client's base URL. */
  readonly path: string;
  /** Where the complete, verified file goes. */
  readonly target: string;
  readonly sha256: string;
  readonly size: number;
}

export interface DownloadOptions {
  /** Client whose base URL is the repository. */
  readonly client: AxiosInstance;
  /** Folder for what is not complete; on the same file system as the targets. */
  readonly scratch: string;
  /** Called with every piece's size; negative when bytes already counted had to be thrown away. */
  readonly onBytes: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** Silence for this long ends a try. Default 30 s. */
  readonly stallMs?: number;
  /** Tries in all; a cut download goes on where it stopped. Default 6. */
  readonly attempts?: number | undefined;
}

/**
 * Fetches one file: under a scratch name, checked against its hash, then renamed. So the target is either absent or
 * whole, whoever else writes it at the same time. It is not flushed to the disk: what a power cut has emptied is found
 * by its hash before it is next used, and waiting for the disk 115 times took 14 of 20 seconds.
 * Errors: UNREACHABLE, TIMEOUT, NOT_FOUND, REFUSED (the repository), CORRUPT (not the locked bytes), ENVIRONMENT (disk).
 */
export async function download(request: DownloadRequest, options: DownloadOptions): Promise<void> {
  const { client, scratch, signal, attempts = 6 } = options;
  const partial = join(scratch, `${process.pid}-${randomUUID()}.part`);
  let file: FileHandle | undefined;
  try {
    await mkdir(scratch, { recursive: true });
    await mkdir(dirname(request.target), { recursive: true });
    file = await open(partial, 'w+');
    const progress = { file, received: 0, hash: createHash('sha256') };
    await retry(() => fetchRest(request, options, progress), { attempts, baseMs: 250, maxMs: 5_000, signal });
    await file.close();
    file = undefined;
    await rename(partial, request.target);
  } catch (error) {
    await file?.close().catch(() => {});
    await rm(partial, { force: true }).catch(() => {});
    throw storageError(error, dirname(request.target), 'CONNECT_CACHE_DIR') ?? described(error, request.path, client);
  }
}

interface Progress {
  readonly file: FileHandle;
  received: number;
  hash: ReturnType<typeof createHash>;
}

async function fetchRest(request: DownloadRequest, options: DownloadOptions, progress: Progress): Promise<void> {
  const stall = new AbortController();
  const { client, signal, stallMs = 30_000 } = options;
  let timer = setTimeout(() => stall.abort(), stallMs);
  const restart = () => {
    options.onBytes(-progress.received);
    progress.received = 0;
    progress.hash = createHash('sha256');
  };
  try {
    const reply = await client.get<Readable>(request.path, {
      responseType: 'stream',
      decompress: false,
      headers: progress.received > 0 ? { Range: `bytes=${progress.received}-` } : {},
      signal: AbortSignal.any(signal === undefined ? [stall.signal] : [stall.signal, signal]),
    });
    // A server that ignores the range sends everything again.
    if (progress.received > 0 && reply.status !== 206) restart();
    for await (const chunk of reply.data as AsyncIterable<Buffer>) {
      clearTimeout(timer);
      await progress.file.write(chunk, 0, chunk.length, progress.received);
      progress.received += chunk.length;
      progress.hash.update(chunk);
      options.onBytes(chunk.length);
      if (progress.received > request.size) break;
      timer = setTimeout(() => stall.abort(), stallMs);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (stall.signal.aborted) {
      throw new ConnectError('TIMEOUT', `${request.path}: nothing arrived for ${stallMs / 1000} s`);
    }
    throw described(error, request.path, client);
  } finally {
    clearTimeout(timer);
  }
  if (progress.received < request.size) {
    throw new ConnectError(
      'UNREACHABLE',
      `${request.path}: the download was cut at ${progress.received} of ${request.size} bytes`,
    );
  }
  const actual = progress.hash.copy().digest('hex');
  if (progress.received === request.size && actual === request.sha256) return;
  const received = progress.received;
  restart();
  throw new ConnectError(
    'CORRUPT',
    `${request.path} from ${client.defaults.baseURL} is not the locked file: ` +
      `sha256 ${actual} (${received} bytes), expected ${request.sha256} (${request.size} bytes)`,
    { hint: 'check the repository or proxy in between (CONNECT_MAVEN_URL); nothing of it was kept' },
  );
}

function described(error: unknown, path: string, client: AxiosInstance): unknown {
  if (!isAxiosError(error) && !isNetworkError(error)) return error;
  const base = client.defaults.baseURL ?? '';
  const status = isAxiosError(error) ? error.response?.status : undefined;
  if (status === undefined || status >= 500 || status === 429) {
    const reason = status === undefined ? ((error as NodeJS.ErrnoException).code ?? error.message) : `HTTP ${status}`;
    return new ConnectError('UNREACHABLE', `cannot download ${path} from ${base} (${reason})`, {
      hint: 'check the network, HTTPS_PROXY, or set CONNECT_MAVEN_URL to a mirror of Maven Central',
    });
  }
  return new ConnectError(status === 404 ? 'NOT_FOUND' : 'REFUSED', `${base} answers HTTP ${status} for ${path}`, {
    hint: 'CONNECT_MAVEN_URL must be a complete mirror of Maven Central',
  });
}

const NETWORK_CODES = new Set(['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN']);
const isNetworkError = (error: unknown): error is Error =>
  error instanceof Error && NETWORK_CODES.has((error as NodeJS.ErrnoException).code ?? '');
