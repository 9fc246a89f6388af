import type { Plugin } from '../../../connectors/host.ts';
import { broken, type Check, ok } from '../check.ts';

const CLASS_SETTINGS = /^(connector\.class|(key|value|header)\.converter|transforms\.[^.]+\.type)$/;

/** Every class that the sinks name is installed on the worker. */
export const workerPlugins: Check<'streams' | 'sinkConfig' | 'plugins' | 'host'> = {
  name: 'worker.plugins',
  needs: ['worker'],
  async run({ streams, sinkConfig, plugins, host }) {
    const installed = await plugins();
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
