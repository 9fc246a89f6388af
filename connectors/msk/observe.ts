import type { MskApi, MskConnector } from './api.ts';
import type { ObservedMskSink } from './compare.ts';

/** A connector's plugin, worker configuration and tags beside it. */
export async function observeMskSink(api: MskApi, connector: MskConnector): Promise<ObservedMskSink> {
  const { plugin, workerConfiguration } = connector;
  const [pluginName, configuration, tags] = await Promise.all([
    plugin === undefined ? undefined : api.pluginName(plugin.arn),
    workerConfiguration === undefined ? undefined : api.workerConfiguration(workerConfiguration.arn),
    api.tags(connector.arn),
  ]);
  return { connector, pluginName, workerConfiguration: configuration, tags };
}
