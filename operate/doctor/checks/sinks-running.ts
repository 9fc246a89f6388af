import { failuresOf } from '../../../connectors/wait/failure.ts';
import { broken, type Check, eachStream, ok, warning } from '../check.ts';

/** The connector and every task of each sink run: a RUNNING connector may have a FAILED task. */
export const sinksRunning: Check<'streams' | 'host'> = {
  name: 'sinks.running',
  needs: ['worker'],
  run: (probes) =>
    eachStream(probes, async (stream) => {
      const { name } = stream.sink;
      const sink = await probes.host.observe(name);
      if (sink === undefined) return [warning(name, 'is not deployed', 'run `connect deploy`')];
      const failed = sink.tasks.filter(({ state }) => state === 'FAILED');
      if (sink.state === 'FAILED' || failed.length > 0) {
        const [failure] = failuresOf(sink, stream);
        const which = sink.state === 'FAILED' ? 'the connector' : `${failed.length} of ${sink.tasks.length} tasks`;
        const message = `${which} FAILED${failure === undefined ? '' : `: ${failure.cause}`}`;
        const remedy = failure?.hint ?? 'read `connect status`, then run `connect restart --failed`';
        return [broken(name, message, remedy)];
      }
      if (sink.state !== 'RUNNING') return [warning(name, `is ${sink.state}`, 'run `connect resume`')];
      return [ok(name, `RUNNING, ${sink.tasks.length} tasks`)];
    }),
};
