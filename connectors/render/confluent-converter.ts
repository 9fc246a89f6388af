import type { Environment } from '../../pipeline/types.ts';
import { type SinkSetting, set } from './sink-setting.ts';

const VALUE = 'value.converter';

/**
 * Confluent's Avro converter: asks any registry with the Confluent API. Every key of it is spelled here. It looks each
 * schema up under the subject <topic>-value too, which is where this package registers it.
 */
export function confluentConverter({ registryUrl }: Pick<Environment['worker'], 'registryUrl'>): SinkSetting[] {
  return [
    set(VALUE, 'io.confluent.connect.avro.AvroConverter', 'decodes Avro by the schema id in each record'),
    set(`${VALUE}.schema.registry.url`, registryUrl, "the registry's Confluent API as the worker reaches it"),
  ];
}
