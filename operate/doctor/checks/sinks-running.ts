import { failuresOf } from '../../../connectors/wait/failure.ts';
import { broken, type Check, ok, perStream, warning } from '../check.ts';

/** The connector and every task of each sink run: a RUNNING connector may have a FAILED task. */
export const sinksRunning: Check<'streams' | 'host'> = {
  name: 'sinks.running',
  needs: ['worker'],
  run: perStream(async (stream, { host }) => {
    const { name } = stream.sink;
    const sink = await host.observe(name);
    if (sink === undefined) return warning(name, 'is not deployed', 'run `connect deploy`');
    const { state, tasks } = sink;
    const failed = tasks.filter((task) => task.state === 'FAILED');
    if (state === 'FAILED' || failed.length > 0) {
      const [failure] = failuresOf(sink, stream);
      const which = state === 'FAILED' ? 'the connector' : `${failed.length} of ${tasks.length} tasks`;
      const message = `${which} FAILED${failure === undefined ? '' : `: ${failure.cause}`}`;
      return broken(name, message, failure?.hint ?? 'read `connect status`, then run `connect restart --failed`');
    }
    if (state !== 'RUNNING') return warning(name, `is ${state}`, 'run `connect resume`');
    return ok(name, `RUNNING, ${tasks.length} tasks`);
  }),
};
