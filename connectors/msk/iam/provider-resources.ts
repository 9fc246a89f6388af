import { referencesIn } from '../../../core/reference.ts';
import type { Arns, MskEnvironment } from './policy.ts';

/** What a reference leads to: something of AWS by its ARN, or a provider of which we do not know what it reads. */
export interface ProviderResource {
  readonly kind: 'secret' | 'parameter' | 'object' | 'unknown';
  readonly name: string;
}

/** What each config provider reads of AWS. */
const KIND_OF_CLASS: Readonly<Record<string, ProviderResource['kind']>> = {
  'com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider': 'secret',
  'com.amazonaws.kafka.config.providers.SsmParamStoreConfigProvider': 'parameter',
  'com.amazonaws.kafka.config.providers.S3ImportConfigProvider': 'object',
  'com.github.jcustenborder.kafka.config.aws.SecretsManagerConfigProvider': 'secret',
};

/** What the references in some settings lead to. */
export function providerResources(
  { connect }: MskEnvironment,
  arns: Arns,
  values: readonly string[],
): ProviderResource[] {
  return values.flatMap(referencesIn).flatMap(({ provider, path = '', key }) => {
    const providerClass = String(connect.workerConfiguration[`config.providers.${provider}.class`] ?? '');
    // Kafka's own providers read the worker's files and environment: nothing of AWS.
    if (providerClass.startsWith('org.apache.kafka.')) return [];
    const kind = KIND_OF_CLASS[providerClass] ?? 'unknown';
    const name = {
      secret: () => secretArn(arns, decodeURIComponent(path)),
      parameter: () => arns.of('ssm', `parameter/${withoutOptions(key).replace(/^\//, '')}`),
      object: () => arns.s3(withoutOptions(key)),
      unknown: () => provider,
    }[kind]();
    return { kind, name };
  });
}

/** Secrets Manager ends a secret's ARN with six characters of its own, which its name does not tell. */
const secretArn = (arns: Arns, name: string): string => {
  const arn = name.startsWith('arn:') ? name : arns.of('secretsmanager', `secret:${name}`);
  return /-[A-Za-z0-9]{6}$/.test(arn) && name.startsWith('arn:') ? arn : `${arn}-??????`;
};

/** `name?ttl=60000` → `name` */
const withoutOptions = (key: string): string => key.split('?')[0] ?? key;
