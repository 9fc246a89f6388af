import { configChanges } from '../../connectors/config-changes.ts';
import type { SinkConfig } from '../../connectors/render/render-sink.ts';
import type { ConnectorKeys } from '../../connectors/settings/connector-keys.ts';
import type { Plugin } from '../../connectors/targets/target.ts';
import type { RenderedSink } from '../rendered-sink.ts';
import type { BrokenRule } from '../rule.ts';

/** What a Connect cluster says of a stream's sink. */
export interface RunningConnector {
  /** Undefined when there is no connector of that name. */
  readonly config: SinkConfig | undefined;
  /** Undefined when the cluster does not list them. */
  readonly plugins: readonly Plugin[] | undefined;
  /** Settings whose value the cluster decides, whatever the files say. */
  readonly decidedThere: readonly string[];
}

const DEPLOY = 'run `connect deploy`, or bring the definition to what runs';

/** How a Connect cluster differs from the rendered configuration. */
export function* connectorDrift(
  sink: Pick<RenderedSink, 'connector' | 'config' | 'placeOf'>,
  running: RunningConnector,
  keys: ConnectorKeys,
  where: string,
): Generator<BrokenRule> {
  if (running.plugins !== undefined) yield* pluginDrift(sink, running.plugins, keys, where);
  if (running.config === undefined) {
    yield {
      rule: 'DRIFT_CONNECTOR',
      path: sink.connector,
      places: [sink.placeOf('name')],
      message: `connector ${sink.connector} is not on ${where}`,
      remedy: DEPLOY,
    };
    return;
  }
  for (const { key, before, after } of configChanges(running.config, sink.config)) {
    if (running.decidedThere.includes(key)) continue;
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
  sink: Pick<RenderedSink, 'connector' | 'config' | 'placeOf'>,
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
