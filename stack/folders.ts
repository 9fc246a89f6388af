import { hash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import type { PartName } from './types.ts';

/** Where the stack of one project keeps its things. */
export type StateFolder = ReturnType<typeof describe>;

const OWNERS_ALONE = 0o700;
/** Root's PostgreSQL runs as another user, who has to get through to its data. */
const PASSABLE = 0o711;

/**
 * Creates `<root>/.connect` if need be, and closes what an earlier version has left open: records, logs and passwords are in it. Errors:
 * ENVIRONMENT when it cannot be written.
 */
export function stateFolder(root: string): StateFolder {
  const wanted = join(root, '.connect');
  const upper = process.geteuid?.() === 0 ? PASSABLE : OWNERS_ALONE;
  try {
    for (const name of ['', 'data']) makePrivate(join(wanted, name), upper);
    for (const name of ['logs', 'config', join('data', 'kafka')]) makePrivate(join(wanted, name), OWNERS_ALONE);
  } catch (error) {
    throw storageError(error, wanted) ?? error;
  }
  return describe(wanted);
}

function makePrivate(path: string, mode: number): void {
  makeFolder(path, mode);
  if ((statSync(path).mode & 0o777) !== mode) chmodSync(path, mode);
}

/** Creates a folder and those above it. Errors tell of the disk what is wrong with it. */
export function makeFolder(path: string, mode?: number): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // On a read-only file system Node says only this; asking for the right to write says more.
    let above = dirname(path);
    while (!existsSync(above)) above = dirname(above);
    accessSync(above, constants.W_OK);
    throw error;
  }
}

/** The state folder without creating anything; undefined when the project has none. */
export function existingStateFolder(root: string): StateFolder | undefined {
  const wanted = join(root, '.connect');
  return existsSync(wanted) ? describe(wanted) : undefined;
}

function describe(wanted: string) {
  const path = realpathSync(wanted);
  const logs = join(path, 'logs');
  return {
    /** `<root>/.connect`, with symbolic links resolved. */
    path,
    /** Short name of this folder on this machine; child processes carry it, which distinguishes ours from others'. */
    id: hash('sha256', path).slice(0, 16),
    stateFile: join(path, 'stack.json'),
    secretsFile: join(path, 'secrets.properties'),
    logs,
    config: join(path, 'config'),
    data: join(path, 'data'),
    logFile: (part: PartName) => join(logs, `${part}.log`),
    /** What a process prints by itself: for PostgreSQL its log, for a JVM what comes before and beside it. */
    outputFile: (part: PartName) => join(logs, part === 'postgres' ? 'postgres.log' : `${part}.out`),
  };
}

/** The user's cache of downloaded parts: CONNECT_CACHE_DIR, or the platform's place for caches. */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  if (env.CONNECT_CACHE_DIR) return env.CONNECT_CACHE_DIR;
  const home = env.HOME || homedir();
  if (process.platform === 'darwin') return join(home, 'Library', 'Caches', 'perps-connect');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'perps-connect');
}

const STORAGE_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/** An error that names the folder and the way out when `error` is about the disk; undefined otherwise. */
export function storageError(error: unknown, folder: string, setting?: string): ConnectError | undefined {
  const reason = STORAGE_REASONS[(error as NodeJS.ErrnoException).code ?? ''];
  if (reason === undefined) return undefined;
  const elsewhere = setting === undefined ? '' : ` or set ${setting} to another folder`;
  const remedy = reason.startsWith('the disk') ? 'free some space' : 'make it writable';
  return new ConnectError('ENVIRONMENT', `cannot write to ${folder}: ${reason}`, {
    cause: error,
    details: { folder, reason: (error as NodeJS.ErrnoException).code },
    hint: `${remedy}${elsewhere}`,
  });
}
