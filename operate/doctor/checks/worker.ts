import type { Plugin } from '../../../connectors/host.ts';
import { failuresOf } from '../../../connectors/wait/failure.ts';
import { isOlder } from '../../../core/version.ts';
import { broken, type Check, ok, perStream, warning } from '../check.ts';

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

const CLASS_SETTINGS = /^(connector\.class|(key|value|header)\.converter|transforms\.[^.]+\.type)$/;

/** Every class that the sinks name is installed on the worker. A host that lists no plugins is not asked; a deploy looks into its own. */
export const workerPlugins: Check<'streams' | 'sinkConfig' | 'plugins' | 'host'> = {
  name: 'worker.plugins',
  needs: ['worker'],
  async run({ streams, sinkConfig, plugins, host }) {
    const installed = await plugins();
    if (installed === undefined) return [];
    const wanted = streams
      .flatMap((stream) => Object.entries(sinkConfig(stream)))
      .flatMap(([key, value]) => (CLASS_SETTINGS.test(key) ? [value] : []));
    return [...new Set(wanted)].sort().map((name) => {
      const plugin = installed.find((one) => one.class === name);
      if (plugin !== undefined) return ok(name, ['installed', versionOf(plugin)].filter(Boolean).join(', '));
      return broken(
        name,
        `is not installed on ${host.label}`,
        "put the plugin into a folder of the worker's plugin.path and restart the worker",
      );
    });
  },
};

/** Some plugins have no version, or the word `undefined` for one. */
const versionOf = ({ version }: Plugin): string =>
  version === undefined || version === 'undefined' ? '' : `version ${version}`;

/** Settings by which a sink has a consumer of its own. */
const OVERRIDE = /^(consumer|producer|admin)\.override\./;

/** The worker accepts the sinks' configurations, apart from what `workerOverridePolicy` checks. */
export const workerAccepts: Check<'streams' | 'validate'> = {
  name: 'worker.accepts',
  needs: ['worker'],
  run: perStream(async (stream, { validate }) => {
    const { name } = stream.sink;
    const refused = (await validate(stream))?.filter(({ key }) => !OVERRIDE.test(key));
    if (refused === undefined) return [];
    if (refused.length === 0) return ok(name, 'the worker accepts its configuration');
    const remedy = `correct it in ${stream.file} or on the worker`;
    return refused.map(({ key, errors }) => broken(name, `the worker refuses ${key}: ${errors.join('; ')}`, remedy));
  }),
};

/** The worker lets the sinks set their own consumer, by its answer to the configuration that would be deployed. */
export const workerOverridePolicy: Check<'streams' | 'validate'> = {
  name: 'worker.override-policy',
  needs: ['worker'],
  run: perStream(async (stream, { validate }) => {
    const { name } = stream.sink;
    const refused = (await validate(stream))?.filter(({ key }) => OVERRIDE.test(key));
    if (refused === undefined) return [];
    if (refused.length === 0) return ok(name, 'may set its own consumer');
    const remedy = 'set connector.client.config.override.policy=All on the workers and restart them';
    return broken(name, `the worker refuses ${refused.map(({ key }) => key).join(', ')}`, remedy);
  }),
};

/** The connector and every task of each sink run: a RUNNING connector may have a FAILED task. */
export const sinksRunning: Check<'streams' | 'host'> = {
  name: 'sinks.running',
  needs: ['worker'],
  run: perStream(async (stream, { host }) => {
    const { name } = stream.sink;
    const sink = await host.observe(name);
    if (sink === undefined) return warning(name, 'is not deployed', 'run `connect deploy`');
    const { state, tasks, notes = [] } = sink;
    const failed = tasks.filter((task) => task.state === 'FAILED');
    if (state === 'FAILED' || failed.length > 0) {
      const [failure] = failuresOf(sink, stream);
      const which = state === 'FAILED' ? 'the connector' : `${failed.length} of ${tasks.length} tasks`;
      const message = `${which} FAILED${failure === undefined ? '' : `: ${failure.cause}`}`;
      return broken(name, message, failure?.hint ?? 'read `connect status`, then run `connect restart --failed`');
    }
    if (state === 'PAUSED' || state === 'STOPPED') return warning(name, `is ${state}`, 'run `connect resume`');
    const running = tasks.filter((task) => task.state === 'RUNNING');
    if (state !== 'RUNNING' || running.length < tasks.length) {
      const message = [`is ${state}, ${running.length} of ${tasks.length} tasks are RUNNING`, ...notes].join('; ');
      return warning(name, message, 'what is on its way runs soon: look again; then `connect restart --failed`');
    }
    return ok(name, `RUNNING, ${tasks.length} tasks`);
  }),
};
