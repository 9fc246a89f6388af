import type { Environment, StreamDefinition } from '../pipeline/types.ts';
import { debeziumJdbcSettings } from './sinks/debezium-jdbc.ts';
import type { SinkSetting } from './sinks/sink-setting.ts';

/** A connector's configuration as Kafka Connect takes it. Secrets are references which the worker resolves. */
export type SinkConfig = Readonly<Record<string, string>>;

/** The Avro fields of a stream; only their names matter here. */
export type SinkFields = readonly { readonly name: string }[];

/** The configuration of a stream's sink, with the reason of each setting. Same input, same order. */
export function explainSink(stream: StreamDefinition, environment: Environment, fields: SinkFields): SinkSetting[] {
  return debeziumJdbcSettings({ stream, environment, fields: fields.map((field) => field.name) });
}

/** The configuration of a stream's sink: deterministic, keys grouped by what they are about. */
export function renderSink(stream: StreamDefinition, environment: Environment, fields: SinkFields): SinkConfig {
  return Object.fromEntries(explainSink(stream, environment, fields).map(({ key, value }) => [key, value]));
}
