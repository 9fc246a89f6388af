import { failuresOf } from '../../../connectors/wait/failure.ts';
import { broken, type Check, eachStream, ok, warning } from '../check.ts';

/** The connector and every task of each sink run: a RUNNING connector may have a FAILED task. */
export const sinksRunning: Check<'streams' | 'target'> = {
  name: 'sinks.running',
  needs: ['worker'],
  run: (probes) =>
    eachStream(probes, async (stream) => {
      const { name } = stream.sink;
      const status = await probes.target.status(name);
      if (status === undefined) return [warning(name, 'is not deployed', 'run `connect deploy`')];
      const failed = status.tasks.filter(({ state }) => state === 'FAILED');
      if (status.state === 'FAILED' || failed.length > 0) {
        const [failure] = failuresOf(status, stream);
        const which = status.state === 'FAILED' ? 'the connector' : `${failed.length} of ${status.tasks.length} tasks`;
        const message = `${which} FAILED${failure === undefined ? '' : `: ${failure.cause}`}`;
        const remedy = failure?.hint ?? 'read `connect status`, then run `connect restart --failed`';
        return [broken(name, message, remedy)];
      }
      if (status.state !== 'RUNNING') return [warning(name, `is ${status.state}`, 'run `connect resume`')];
      return [ok(name, `RUNNING, ${status.tasks.length} tasks`)];
    }),
};
