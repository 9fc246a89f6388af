import { ConnectError } from '../../../core/errors.ts';
import { isOlder } from '../../../core/version.ts';
import { broken, type Check, type Diagnosis, ok } from '../check.ts';

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
