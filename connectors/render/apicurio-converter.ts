import type { Environment } from '../../pipeline/types.ts';
import { converterStores } from './converter-tls.ts';
import { type SinkSetting, set } from './sink-setting.ts';

const VALUE = 'value.converter';
const REGISTRY = `${VALUE}.apicurio.registry`;
/** The names of the client below: the converter's own name for the key store sets the trust store (2.6.13), and its name for headers sets none. */
const REQUEST = `${VALUE}.apicurio.rest.request`;
const SSL = `${REQUEST}.ssl`;

type Worker = Pick<Environment['worker'], 'registryUrl' | 'registryAuth' | 'registryTls'>;

/** Apicurio's Avro converter 2.6: asks Apicurio Registry by its own API. Every key of it is spelled here. */
export function apicurioConverter({ registryUrl, registryAuth, registryTls = {} }: Worker): SinkSetting[] {
  const { ca } = registryTls;
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
    ...login(registryAuth),
    ...(ca === undefined ? [] : [set(`${SSL}.ca-bundle.location`, ca, "vouches for the registry's certificate")]),
    ...converterStores(SSL, registryTls),
  ];
}

function login(auth: Worker['registryAuth']): SinkSetting[] {
  if (auth?.type === 'basic') {
    return [
      set(`${VALUE}.apicurio.auth.username`, auth.username, 'the user that the registry knows the converter by'),
      set(`${VALUE}.apicurio.auth.password`, auth.password ?? '', 'a reference; the worker resolves it'),
    ];
  }
  if (auth?.type !== 'bearer') return [];
  const reason = 'a reference; the worker puts the token in its place';
  return [set(`${REQUEST}.headers.Authorization`, `Bearer ${auth.token}`, reason)];
}
