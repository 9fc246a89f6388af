import { clientOptions } from '../core/aws.ts';
import { ConnectError } from '../core/errors.ts';
import type { BrokerSource, KafkaConnection } from '../core/kafka.ts';
import { bearerLogin } from '../core/kafka-bearer.ts';
import { optionalPackage } from '../core/optional-package.ts';

/** How a client gets into an MSK cluster; each way has brokers of its own. */
export type MskAccess = 'iam' | 'scram' | 'tls' | 'plaintext';

/** In order of preference: inside of the VPC, then through a private link, then public. */
const BROKER_STRINGS = {
  iam: [
    'BootstrapBrokerStringSaslIam',
    'BootstrapBrokerStringVpcConnectivitySaslIam',
    'BootstrapBrokerStringPublicSaslIam',
  ],
  scram: [
    'BootstrapBrokerStringSaslScram',
    'BootstrapBrokerStringVpcConnectivitySaslScram',
    'BootstrapBrokerStringPublicSaslScram',
  ],
  tls: ['BootstrapBrokerStringTls', 'BootstrapBrokerStringVpcConnectivityTls', 'BootstrapBrokerStringPublicTls'],
  plaintext: ['BootstrapBrokerString'],
} as const satisfies Readonly<Record<MskAccess, readonly string[]>>;

/** A token lives for 15 minutes; it is used again until it has less than this left. */
const RENEW_BEFORE_MS = 300_000;

/** `eu-central-1` of `arn:aws:kafka:eu-central-1:…`. */
export const regionOf = (arn: string): string => arn.split(':')[3] ?? '';

/** `eu-central-1` of a broker of MSK, provisioned or serverless; undefined for any other host. */
export const regionOfBroker = (broker: string): string | undefined =>
  /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?:\d+$/.exec(broker)?.[1];

/**
 * The brokers of an MSK cluster, asked for once. `endpoint` is another address of the service.
 * Errors of `lookUp`: NOT_FOUND when the cluster has no brokers for this access, ENVIRONMENT without package or credentials,
 * REFUSED.
 */
export function mskBrokers(arn: string, access: MskAccess, endpoint?: string): BrokerSource {
  let found: Promise<readonly string[]> | undefined;
  return {
    label: `cluster ${arn}`,
    lookUp() {
      found ??= findBrokers(arn, access, endpoint).catch((error: unknown) => {
        found = undefined;
        throw error;
      });
      return found;
    },
  };
}

async function findBrokers(arn: string, access: MskAccess, endpoint: string | undefined): Promise<readonly string[]> {
  const { KafkaClient, GetBootstrapBrokersCommand } = await optionalPackage(
    '@aws-sdk/client-kafka',
    'looking up the brokers of an MSK cluster',
    () => import('@aws-sdk/client-kafka'),
  );
  const place = { region: regionOf(arn), ...(endpoint === undefined ? {} : { endpoint }) };
  const client = new KafkaClient(await clientOptions(place));
  try {
    const answer = await client.send(new GetBootstrapBrokersCommand({ ClusterArn: arn }));
    const list = BROKER_STRINGS[access].map((name) => answer[name]).find((text) => text !== undefined && text !== '');
    if (list !== undefined) return list.split(',').map((broker) => broker.trim());
    throw new ConnectError('NOT_FOUND', `${arn} has no brokers for access by ${access}`, {
      hint: "switch it on in the cluster's security settings, or choose another kafka.sasl.mechanism",
    });
  } catch (error) {
    throw refusal(`asking for the brokers of ${arn}`, error);
  } finally {
    client.destroy();
  }
}

/** A login by the AWS identity of the process, from the default chain; it is asked again when a session ends. */
export function iamLogin(region: string): NonNullable<KafkaConnection['sasl']> {
  let token: { readonly value: string; readonly expiryMs: number } | undefined;
  return bearerLogin(async () => {
    if (token === undefined || token.expiryMs - Date.now() < RENEW_BEFORE_MS) token = await signToken(region);
    return token.value;
  });
}

async function signToken(region: string): Promise<{ value: string; expiryMs: number }> {
  const { generateAuthToken } = await optionalPackage(
    'aws-msk-iam-sasl-signer-js',
    'a login to Kafka by IAM',
    // A CommonJS package: its exports are all below `default`.
    async () => (await import('aws-msk-iam-sasl-signer-js')).default,
  );
  try {
    const { token, expiryTime } = await generateAuthToken({ region });
    return { value: token, expiryMs: expiryTime };
  } catch (error) {
    throw refusal('the login to Kafka by IAM', error);
  }
}

/** An error of the AWS SDK in our words. Its messages hold no secret: at most an access key's id. */
function refusal(what: string, error: unknown): ConnectError {
  if (error instanceof ConnectError) return error;
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  if (/^CredentialsProviderError$/.test(name) || /credentials/i.test(message)) {
    return new ConnectError('ENVIRONMENT', `${what} needs AWS credentials: ${message}`, {
      cause: error,
      hint: 'set AWS_PROFILE, run `aws sso login`, or run where a role is attached; the default chain of the AWS SDK is asked',
    });
  }
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  const code = status === undefined ? 'UNREACHABLE' : status === 404 ? 'NOT_FOUND' : 'REFUSED';
  return new ConnectError(code, `${what} failed: ${name}: ${message}`, { cause: error });
}
