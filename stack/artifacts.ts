import { hash } from 'node:crypto';
import { delimiter, join } from 'node:path';
import { packageFile } from '../core/package-root.ts';

export type GroupName = 'kafka' | 'converter' | 'sink' | 'registry';

/** A file as it must be: size in bytes and SHA-256 in hex. */
export interface LockedFile {
  /** Path inside the group's folder, with `/`. */
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  /** Path in a Maven repository; absent for a file that comes out of the group's archive or from the lock itself. */
  readonly path?: string;
  /** The file itself in base64, when it is so small that the lock holds it. */
  readonly content?: string;
}

/** One folder of the cache: jars fetched one by one, or the contents of one archive. */
export interface LockedGroup {
  readonly archive?: { readonly path: string; readonly sha256: string; readonly size: number };
  readonly files: readonly LockedFile[];
}

/** The lock file: what the embedded stack runs, and what others have besides. */
export interface ArtifactLock {
  /** Base URL of the Maven repository. */
  readonly repository: string;
  readonly groups: Readonly<Record<GroupName, LockedGroup>>;
  readonly docker: { readonly exporter: LockedGroup };
  /** A worker at the level of MSK Connect's 3.7.x, fetched only where one is needed. */
  readonly msk: { readonly worker: LockedGroup };
}

/** The lock file of this package; `scripts/lock-artifacts.mjs` writes it. */
export const readArtifactLock = (): ArtifactLock =>
  JSON.parse(packageFile('stack/artifacts.lock.json')) as ArtifactLock;

/** A group and its folder in the cache, whether it is there or not. */
export interface CachedGroup extends LockedGroup {
  readonly folder: string;
}

/** The folder's name holds a hash of what must be inside, so versions stand side by side. */
export function inCache(cache: string, name: string, group: LockedGroup): CachedGroup {
  const digest = hash('sha256', JSON.stringify(group)).slice(0, 12);
  return { ...group, folder: join(cache, `${name}-${digest}`) };
}

/** What the embedded stack runs. */
export function stackGroups(cache: string): Readonly<Record<GroupName, CachedGroup>> {
  const groups = Object.entries(readArtifactLock().groups);
  const cached = groups.map(([name, group]) => [name, inCache(cache, name, group)]);
  return Object.fromEntries(cached) as Record<GroupName, CachedGroup>;
}

/** The jars of a group, as a class path. */
export const classPathOf = ({ folder, files }: CachedGroup): string =>
  files.map(({ name }) => join(folder, name)).join(delimiter);
