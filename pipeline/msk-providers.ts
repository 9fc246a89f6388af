import { listOf } from '../core/properties.ts';
import { parseReference } from '../core/reference.ts';
import type { Problem } from './finding.ts';
import type { MskConnect } from './msk-connect.ts';
import type { SecretReference } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** AWS's own config providers (msk-config-providers), by the names that its documentation gives them. */
const AWS_PROVIDERS: Readonly<Record<string, string>> = {
  secretsmanager: 'com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider',
  ssm: 'com.amazonaws.kafka.config.providers.SsmParamStoreConfigProvider',
  s3import: 'com.amazonaws.kafka.config.providers.S3ImportConfigProvider',
};

const PROVIDERS = 'config.providers';

type Workers = Pick<MskConnect, 'workerConfiguration'>;

/** Names of the config providers that the workers have. */
export const providersOf = ({ workerConfiguration }: Workers): string[] =>
  listOf(String(workerConfiguration[PROVIDERS] ?? ''));

/**
 * An MSK Connect target whose workers also have the provider behind a reference, when it is one of AWS's and the file
 * does not declare it: their worker configuration then names its class, and the region to ask in.
 */
export function withProvider<T extends Pick<MskConnect, 'region' | 'workerConfiguration'>>(
  connect: T,
  reference: SecretReference,
): T {
  const name = parseReference(reference)?.provider ?? '';
  const providerClass = Object.hasOwn(AWS_PROVIDERS, name) ? AWS_PROVIDERS[name] : undefined;
  const declared = providersOf(connect);
  if (providerClass === undefined || declared.includes(name)) return connect;
  return {
    ...connect,
    workerConfiguration: {
      [`${PROVIDERS}.${name}.class`]: providerClass,
      [`${PROVIDERS}.${name}.param.region`]: connect.region,
      ...connect.workerConfiguration,
      [PROVIDERS]: [...declared, name].join(','),
    },
  };
}

/** A reference that no config provider of the worker resolves would reach the database as its own text. */
export function checkProvider(file: YamlFile, at: Path, reference: string, workers: Workers): Problem[] {
  const provider = parseReference(reference)?.provider;
  if (provider === undefined || providersOf(workers).includes(provider)) return [];
  const where = `connect.workerConfiguration, ${PROVIDERS}`;
  return [file.problemAt(at, `no config provider "${provider}" on the workers of MSK Connect; name it in ${where}`)];
}
