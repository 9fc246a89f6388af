import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { broken, type Check, type Finding, ok, warning } from '../check.ts';

const GIB = 1024 ** 3;
const BROKEN_BYTES = GIB / 4;
const WARN_BYTES = 2 * GIB;

/** Room where the local stack keeps its data and its downloads; other machines' disks cannot be seen from here. */
export const machineDisk: Check = {
  name: 'machine.disk',
  needs: [],
  async run({ environment, machine }) {
    if (environment.stack === undefined) return [];
    return Promise.all(
      machine.folders.map(async ({ what, path }) => {
        const { bavail, bsize } = await statfs(existing(path));
        return judgeDisk(what, path, bavail * bsize);
      }),
    );
  },
};

function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

/** Pure. */
export function judgeDisk(what: string, path: string, freeBytes: number): Finding {
  const free = `${(freeBytes / GIB).toFixed(1)} GiB free in ${path}`;
  const remedy = 'free some space; `connect up --fresh` empties the local stack';
  if (freeBytes < BROKEN_BYTES) return broken(what, free, remedy);
  return freeBytes < WARN_BYTES ? warning(what, free, remedy) : ok(what, free);
}
