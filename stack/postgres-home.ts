import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import type { StateFolder } from './folders.ts';
import type { User } from './part.ts';
import { packagedPrograms } from './postgres-programs.ts';

/** Where the local PostgreSQL lives, and as whom it runs. */
export interface PostgresHome {
  /** Folder with `bin`, `lib`, `share`. */
  readonly programs: string;
  readonly data: string;
  readonly user?: User;
}

/** Users that PostgreSQL may run as when we are root, which it refuses: the first that exists. */
const UNPRIVILEGED = ['postgres', '_postgres', 'nobody'];

/**
 * Where PostgreSQL's programs and data lie, and as whom it runs.
 * As an ordinary user: the installed package and the state folder. As root: the same under an unprivileged user,
 * unless that user cannot get there (a project under /root); then both lie in `outsideFolder`.
 * Errors: ENVIRONMENT when this platform has no binaries or no unprivileged user exists.
 */
export function preparePostgresHome(folder: StateFolder): PostgresHome {
  const programs = packagedPrograms();
  const inside = join(folder.data, 'postgres');
  mkdirSync(folder.data, { recursive: true });
  if (process.getuid?.() !== 0) return { programs, data: inside };

  const outside = outsideFolder(folder);
  const outsideData = join(outside, 'data');
  const existing = [inside, outsideData].find((data) => existsSync(join(data, 'PG_VERSION')));
  const user = existing === undefined ? unprivilegedUser() : ownerOf(existing);
  const data = existing ?? (canEnter(folder.data, user) ? inside : outsideData);
  const programsWithin = canEnter(join(programs, 'bin'), user);
  if (data === outsideData || !programsWithin) createOutside(outside);
  return { programs: programsWithin ? programs : copyPrograms(programs, outside), data, user };
}

/**
 * The folder outside the project, whether it exists or not; only root uses it, and its name says whose it is.
 * Not a temporary folder where there is another: those are cleaned of what is old.
 */
export function outsideFolder(folder: StateFolder): string {
  const base = ['/var/lib', '/var/tmp'].find((path) => existsSync(path)) ?? tmpdir();
  return join(base, `perps-connect-postgres-${folder.id}`);
}

function unprivilegedUser(): User {
  for (const name of UNPRIVILEGED) {
    const [uid, gid] = ['-u', '-g'].map((flag) => numericId(flag, name));
    if (uid !== undefined && gid !== undefined && uid !== 0) return { uid, gid };
  }
  throw new ConnectError('ENVIRONMENT', 'PostgreSQL refuses to run as root, and no other user to run it as exists', {
    details: { looked: UNPRIVILEGED },
    hint: 'run as an ordinary user, or create one named postgres (useradd --system postgres)',
  });
}

function numericId(flag: string, name: string): number | undefined {
  try {
    const output = execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    // 32 bits, signed as spawn wants them: nobody is -2 on macOS.
    return Number(output.trim()) | 0;
  } catch {
    return undefined;
  }
}

function ownerOf(path: string): User {
  const { uid, gid } = statSync(path);
  return uid === 0 ? unprivilegedUser() : { uid, gid };
}

/** Whether the user can reach the folder: tried, since every folder above it has its say. */
function canEnter(folder: string, user: User): boolean {
  const { status } = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' });
  return status === 0;
}

function createOutside(outside: string): void {
  mkdirSync(outside, { recursive: true, mode: 0o755 });
  const info = lstatSync(outside);
  // The place is open to everybody; what somebody else has put there is not to be run or written to by root.
  if (!info.isDirectory() || info.uid !== 0) {
    throw new ConnectError('ENVIRONMENT', `${outside} exists and does not belong to root`, {
      hint: 'remove it, or keep the project in a folder that other users can enter',
    });
  }
  chmodSync(outside, 0o755);
}

function copyPrograms(programs: string, outside: string): string {
  const { version } = JSON.parse(readFileSync(join(programs, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(outside, `programs-${version}`);
  if (existsSync(copy)) return copy;
  const fresh = `${copy}.new`;
  rmSync(fresh, { recursive: true, force: true });
  cpSync(programs, fresh, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  execFileSync('chmod', ['-R', 'a+rX', fresh]);
  renameSync(fresh, copy);
  return copy;
}
