import { broken, type Check, ok, warning } from '../check.ts';

const GIB = 1024 ** 3;
const BROKEN_BYTES = GIB / 4;
const WARN_BYTES = 2 * GIB;

/** Room where the local stack keeps its data and its downloads; other machines' disks cannot be seen from here. */
export const machineDisk: Check<'environment' | 'machine' | 'freeBytes'> = {
  name: 'machine.disk',
  needs: [],
  async run({ environment, machine, freeBytes }) {
    if (environment.stack === undefined) return [];
    return Promise.all(
      machine.folders.map(async ({ what, path }) => {
        const bytes = await freeBytes(path);
        const free = `${(bytes / GIB).toFixed(1)} GiB free in ${path}`;
        const remedy = 'free some space; `connect up --fresh` empties the local stack';
        if (bytes < BROKEN_BYTES) return broken(what, free, remedy);
        return bytes < WARN_BYTES ? warning(what, free, remedy) : ok(what, free);
      }),
    );
  },
};
