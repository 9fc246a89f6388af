import type { Plugin, SinkHost } from '../../connectors/host.ts';
import { compareConfigs } from '../../connectors/plan/compare-configs.ts';
import type { ConnectorKeys } from '../../connectors/settings/connector-keys.ts';
import type { ObservedSink } from '../../connectors/sink-config.ts';
import type { RenderedSink } from '../rendered-sink.ts';
import type { BrokenRule } from '../rule.ts';

/** What a host says of a stream's sink. */
export interface RunningConnector {
  /** Undefined when there is no connector of that name. */
  readonly sink: ObservedSink | undefined;
  /** Undefined when the host does not list them; the plan of a deploy compares the plugin that it was given. */
  readonly plugins: readonly Plugin[] | undefined;
}

/** Errors: what the host throws. */
export const observeConnector = async (host: SinkHost, name: string): Promise<RunningConnector> => ({
  plugins: await host.plugins?.(),
  sink: await host.observe(name),
});

const DEPLOY = 'run `connect deploy`, or bring the definition to what runs';

type PlacedSink = Pick<RenderedSink, 'connector' | 'config' | 'placeOf'>;

/** How a Connect cluster differs from the rendered configuration. */
export function* connectorDrift(
  sink: PlacedSink,
  running: RunningConnector,
  keys: ConnectorKeys,
  where: string,
): Generator<BrokenRule> {
  if (running.plugins !== undefined) yield* pluginDrift(sink, running.plugins, keys, where);
  if (running.sink === undefined) {
    yield {
      rule: 'DRIFT_CONNECTOR',
      path: sink.connector,
      places: [sink.placeOf('name')],
      message: `connector ${sink.connector} is not on ${where}`,
      remedy: DEPLOY,
    };
    return;
  }
  for (const { key, before, after } of compareConfigs(running.sink.config, sink.config, running.sink).changes) {
    yield {
      rule: 'DRIFT_SETTING',
      path: `${sink.connector}.${key}`,
      places: [sink.placeOf(key)],
      message: `${key} is ${shown(before)} on ${where}, the files say ${shown(after)}`,
      remedy: DEPLOY,
    };
  }
}

const shown = (value: string | undefined): string => (value === undefined ? 'not set' : JSON.stringify(value));

function* pluginDrift(
  sink: PlacedSink,
  plugins: readonly Plugin[],
  keys: ConnectorKeys,
  where: string,
): Generator<BrokenRule> {
  const wanted = [
    { key: 'connector.class', version: keys.connectorVersion },
    { key: 'key.converter', version: undefined },
    { key: 'value.converter', version: undefined },
  ];
  for (const { key, version } of wanted) {
    const name = sink.config[key] ?? '';
    const found = plugins.filter((plugin) => plugin.class === name);
    const message =
      found.length === 0
        ? `${where} has no plugin ${name}`
        : version !== undefined && found.every((plugin) => plugin.version !== version)
          ? `${where} has ${name} ${found.map((plugin) => plugin.version).join(', ')}; the rules are made for ${version}`
          : undefined;
    if (message === undefined) continue;
    yield {
      rule: 'DRIFT_PLUGIN',
      path: `${sink.connector}.${key}`,
      places: [sink.placeOf(key)],
      message,
      remedy: found.length === 0 ? 'install it on the workers' : `install ${version} on the workers`,
      severity: found.length === 0 ? 'error' : 'note',
    };
  }
}
