import { failuresOf } from '../../../connectors/wait/failure.ts';
import { broken, type Check, eachStream, ok, warning } from '../check.ts';

/** Connector and every task of each sink. A RUNNING connector with a FAILED task is the classic miss. */
export const sinksRunning: Check = {
  name: 'sinks.running',
  needs: ['worker'],
  run: (probes) =>
    eachStream(probes, async (stream) => {
      const { name } = stream.sink;
      const status = await probes.target.status(name);
      if (status === undefined) return [warning(name, 'is not deployed', 'run `connect deploy`')];
      const failed = status.tasks.filter(({ state }) => state === 'FAILED');
      if (status.state === 'FAILED' || failed.length > 0) {
        const cause = failuresOf(status, stream)[0];
        const which = status.state === 'FAILED' ? 'the connector' : `${failed.length} of ${status.tasks.length} tasks`;
        return [
          broken(
            name,
            `${which} FAILED${cause === undefined ? '' : `: ${cause.cause}`}`,
            cause?.hint ?? 'read `connect status`, then run `connect restart --failed`',
          ),
        ];
      }
      if (status.state !== 'RUNNING') return [warning(name, `is ${status.state}`, 'run `connect resume`')];
      return [ok(name, `RUNNING, ${status.tasks.length} tasks`)];
    }),
};
