import type { Environment } from '../../pipeline/types.ts';
import { converterStores } from './converter-tls.ts';
import { type SinkSetting, set } from './sink-setting.ts';

const VALUE = 'value.converter';

type Worker = Pick<Environment['worker'], 'registryUrl' | 'registryAuth' | 'registryTls'>;

/**
 * Confluent's Avro converter: asks any registry with the Confluent API. Every key of it is spelled here. It looks each
 * schema up under the subject <topic>-value too, which is where this package registers it.
 */
export function confluentConverter({ registryUrl, registryAuth, registryTls = {} }: Worker): SinkSetting[] {
  return [
    set(VALUE, 'io.confluent.connect.avro.AvroConverter', 'decodes Avro by the schema id in each record'),
    set(`${VALUE}.schema.registry.url`, registryUrl, "the registry's Confluent API as the worker reaches it"),
    ...login(registryAuth),
    ...converterStores(`${VALUE}.schema.registry.ssl`, registryTls),
  ];
}

function login(auth: Worker['registryAuth']): SinkSetting[] {
  const reference = 'the secret in it is a reference; the worker resolves it';
  if (auth?.type === 'basic') {
    return [
      set(`${VALUE}.basic.auth.credentials.source`, 'USER_INFO', 'the login stands in the next setting'),
      set(`${VALUE}.basic.auth.user.info`, `${auth.username}:${auth.password}`, reference),
    ];
  }
  if (auth?.type !== 'bearer') return [];
  return [
    set(`${VALUE}.bearer.auth.credentials.source`, 'STATIC_TOKEN', 'the token stands in the next setting'),
    set(`${VALUE}.bearer.auth.token`, auth.token, reference),
  ];
}
