import { isOlder } from '../../../core/version.ts';
import { type Check, ok, warning } from '../check.ts';

/** From here on a worker can change a sink's offsets. */
const OLDEST = '3.6';

/** The Connect cluster answers and is recent enough. */
export const workerReachable: Check<'target'> = {
  name: 'worker.reachable',
  reaches: 'worker',
  needs: [],
  async run({ target }) {
    const { version } = await target.worker();
    if (!isOlder(version, OLDEST)) return [ok(target.label, `Kafka Connect ${version}`)];
    const remedy = `update the worker to ${OLDEST} or newer; until then \`connect offsets reset\` does not work`;
    return [warning(target.label, `Kafka Connect ${version} cannot change offsets`, remedy)];
  },
};
