import type { SinkHost } from '../../../connectors/host.ts';
import { ConnectError } from '../../../core/errors.ts';
import { isOlder } from '../../../core/version.ts';
import { broken, type Check, type Diagnosis, ok, warning } from '../check.ts';

const OLDEST_NODE = '20.12';

/** Node and, where this package runs the stack, Java. */
export const machineVersions: Check<'environment' | 'machine' | 'host'> = {
  name: 'machine.versions',
  needs: [],
  async run({ environment, machine, host }) {
    const node = nodeFinding(machine.nodeVersion, host);
    return environment.stack === undefined ? [node] : [node, await javaFinding(machine.java)];
  },
};

function nodeFinding(version: string, { nextNode: next }: Pick<SinkHost, 'nextNode'>): Diagnosis {
  if (isOlder(version, OLDEST_NODE)) {
    return broken('Node.js', `is ${version}`, `install Node.js ${OLDEST_NODE} or newer`);
  }
  if (next === undefined || !isOlder(version, next.version)) return ok('Node.js', version);
  const problem = `is ${version}; versions of ${next.whose} from ${next.since} on want ${next.version} or newer`;
  return warning('Node.js', problem, `install Node.js ${next.version} or newer`);
}

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
