import type { Environment } from '../../pipeline/types.ts';
import { type SinkSetting, set } from './sink-setting.ts';

const VALUE = 'value.converter';
const REGISTRY = `${VALUE}.apicurio.registry`;

/** Apicurio's Avro converter 2.6: asks Apicurio Registry by its own API. Every key of it is spelled here. */
export function apicurioConverter({ registryUrl }: Pick<Environment['worker'], 'registryUrl'>): SinkSetting[] {
  return [
    set(VALUE, 'io.apicurio.registry.utils.converter.AvroConverter', 'decodes Avro by the schema id in each record'),
    set(`${REGISTRY}.url`, `${registryUrl}/apis/registry/v2`, 'the registry as the worker reaches it'),
    set(
      `${REGISTRY}.as-confluent`,
      true,
      'records carry the magic byte and a 4-byte id, as Confluent clients write them',
    ),
    set(`${REGISTRY}.use-id`, 'contentId', "the Confluent API's ids are the registry's content ids"),
    set(`${REGISTRY}.check-period-ms`, 31_536_000_000, 'an id never changes its schema: no need to ask for it again'),
    set(`${REGISTRY}.fault-tolerant-refresh`, true, 'a schema that is known stays in use while the registry is away'),
  ];
}
