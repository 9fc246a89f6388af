import { isOlder } from '../../../core/version.ts';
import { type Check, ok, warning } from '../check.ts';

/** From here on a worker can change a sink's offsets. */
const OLDEST = '3.6';

/** The host of the sinks answers. Where it says the version of its workers, they are recent enough. */
export const workerReachable: Check<'host'> = {
  name: 'worker.reachable',
  reaches: 'worker',
  needs: [],
  async run({ host }) {
    const { label } = host;
    if (host.worker === undefined) {
      const { length } = await host.list();
      return [ok(label, `answers; it has ${length} ${length === 1 ? 'connector' : 'connectors'}`)];
    }
    const { version } = await host.worker();
    if (!isOlder(version, OLDEST)) return [ok(label, `Kafka Connect ${version}`)];
    const remedy = `update the worker to ${OLDEST} or newer; until then \`connect offsets reset\` does not work`;
    return [warning(label, `Kafka Connect ${version} cannot change offsets`, remedy)];
  },
};
