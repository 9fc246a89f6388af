import type { WorkerTls } from '../../pipeline/types.ts';
import { type SinkSetting, set } from './sink-setting.ts';

const REFERENCE = 'a reference; the worker resolves it';

/** Trust store and key store of a converter's client; `prefix` ends in `ssl`, and every converter goes on alike. */
export function converterStores(prefix: string, tls: WorkerTls): SinkSetting[] {
  const { truststore, truststorePassword = '', keystore, keystorePassword = '' } = tls;
  const store = (name: string, location: string, password: string, reason: string): SinkSetting[] => [
    set(`${prefix}.${name}.location`, location, reason),
    set(`${prefix}.${name}.type`, /\.jks$/i.test(location) ? 'JKS' : 'PKCS12', 'as the name of the file ends'),
    set(`${prefix}.${name}.password`, password, REFERENCE),
  ];
  return [
    ...(truststore === undefined
      ? []
      : store('truststore', truststore, truststorePassword, "vouches for the registry's certificate")),
    ...(keystore === undefined
      ? []
      : [
          ...store('keystore', keystore, keystorePassword, "the worker's certificate and key"),
          set(`${prefix}.key.password`, keystorePassword, 'the key has the password of its store'),
        ]),
  ];
}
