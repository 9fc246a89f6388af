import { OWNER_KEY } from '../../pipeline/setting-owners.ts';
import type { Environment, StreamDefinition } from '../../pipeline/types.ts';
import type { SinkConfig, SinkFields } from '../sink-config.ts';
import { debeziumJdbcSettings } from './debezium-jdbc.ts';
import { type SinkSetting, set } from './sink-setting.ts';

/** The configuration of a stream's sink, with the reason of each setting. Same input, same order. */
export function explainSink(stream: StreamDefinition, environment: Environment, fields: SinkFields): SinkSetting[] {
  const { omit, config } = stream.sink;
  const written = fields.map((field) => field.name).filter((name) => !omit.includes(name));
  const { project } = environment;
  const mark = "marks the sink as this project's: --prune deletes no other";
  const owner = project === undefined ? [] : [set(OWNER_KEY, project, mark)];
  const settings = [...debeziumJdbcSettings({ stream, environment, fields: written }), ...owner];
  const reason = `set in ${stream.file}, sink.config`;
  const known = new Set(settings.map(({ key }) => key));
  return [
    ...settings.map((setting) => {
      const value = config[setting.key];
      return value === undefined ? setting : { ...setting, value, reason };
    }),
    ...Object.entries(config)
      .filter(([key]) => !known.has(key))
      .map(([key, value]) => ({ key, value, reason })),
  ];
}

/** The configuration of a stream's sink: deterministic, keys grouped by what they are about. */
export function renderSink(stream: StreamDefinition, environment: Environment, fields: SinkFields): SinkConfig {
  return Object.fromEntries(explainSink(stream, environment, fields).map(({ key, value }) => [key, value]));
}
