import { ConnectError } from '../../../core/errors.ts';
import { isOlder } from '../../../core/version.ts';
import { broken, type Check, type Diagnosis, ok, warning } from '../check.ts';

const OLDEST_NODE = '20.12';

/** Node and, where this package runs the stack, Java. */
export const machineVersions: Check<'environment' | 'machine'> = {
  name: 'machine.versions',
  needs: [],
  async run({ environment, machine }) {
    const node = isOlder(machine.nodeVersion, OLDEST_NODE)
      ? broken('Node.js', `is ${machine.nodeVersion}`, `install Node.js ${OLDEST_NODE} or newer`)
      : ok('Node.js', machine.nodeVersion);
    return environment.stack === undefined ? [node] : [node, await javaFinding(machine.java)];
  },
};

async function javaFinding(java: () => Promise<string>): Promise<Diagnosis> {
  try {
    return ok('Java', await java());
  } catch (error) {
    if (!(error instanceof ConnectError) || error.code !== 'ENVIRONMENT') throw error;
    return broken('Java', error.message, error.hint ?? 'install Java and set JAVA_HOME');
  }
}

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
