import { referencesIn } from '../../../core/reference.ts';
import type { Arns, MskEnvironment } from './policy.ts';

/** What a config provider reads of AWS. */
type Kind = 'secret' | 'parameter' | 'object';

const KIND_OF_CLASS: Readonly<Record<string, Kind>> = {
  'com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider': 'secret',
  'com.amazonaws.kafka.config.providers.SsmParamStoreConfigProvider': 'parameter',
  'com.amazonaws.kafka.config.providers.S3ImportConfigProvider': 'object',
  'com.github.jcustenborder.kafka.config.aws.SecretsManagerConfigProvider': 'secret',
};

/** ARNs of what the references in some settings lead to, and the providers of which we do not know what they read. */
export interface ProviderResources {
  readonly secrets: readonly string[];
  readonly parameters: readonly string[];
  readonly objects: readonly string[];
  readonly unknown: readonly string[];
}

export function providerResources(
  environment: MskEnvironment,
  arns: Arns,
  values: Iterable<string>,
): ProviderResources {
  const { workerConfiguration } = environment.connect;
  const found: Record<Kind | 'unknown', Set<string>> = {
    secret: new Set(),
    parameter: new Set(),
    object: new Set(),
    unknown: new Set(),
  };
  for (const value of values) {
    for (const { provider, path = '', key } of referencesIn(value)) {
      const kind = KIND_OF_CLASS[String(workerConfiguration[`config.providers.${provider}.class`] ?? '')];
      if (kind === 'secret') found.secret.add(secretArn(arns, decodeURIComponent(path)));
      else if (kind === 'parameter') found.parameter.add(parameterArn(arns, withoutOptions(key)));
      else if (kind === 'object') found.object.add(arns.s3(withoutOptions(key)));
      else if (!ofKafka(workerConfiguration[`config.providers.${provider}.class`])) found.unknown.add(provider);
    }
  }
  return {
    secrets: [...found.secret],
    parameters: [...found.parameter],
    objects: [...found.object],
    unknown: [...found.unknown].sort(),
  };
}

/** Kafka's own providers read the worker's files and environment: nothing of AWS. */
const ofKafka = (providerClass: unknown): boolean => /^org\.apache\.kafka\./.test(String(providerClass ?? ''));

/** Secrets Manager ends a secret's ARN with six characters of its own, which its name does not tell. */
const secretArn = (arns: Arns, name: string): string => {
  const arn = name.startsWith('arn:') ? name : arns.of('secretsmanager', `secret:${name}`);
  return /-[A-Za-z0-9]{6}$/.test(arn) && name.startsWith('arn:') ? arn : `${arn}-??????`;
};

const parameterArn = (arns: Arns, name: string): string => arns.of('ssm', `parameter/${name.replace(/^\//, '')}`);

/** `name?ttl=60000` → `name` */
const withoutOptions = (key: string): string => key.split('?')[0] ?? key;
