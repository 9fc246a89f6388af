import type { GetBootstrapBrokersResponse } from '@aws-sdk/client-kafka';
import { ConnectError } from '../../../core/errors.ts';
import { optionalPackage } from '../../../core/optional-package.ts';
import type { Scrub } from '../../../core/scrub.ts';
import type { MskAccess } from '../../../pipeline/kafka-settings.ts';
import type { FixedSettings } from '../api.ts';
import { type AwsOptions, awsError, clientOptions } from './client.ts';

/** Broker lists of a cluster by access, in order of preference: inside of the VPC, by a private link, public. */
const BROKER_LISTS = {
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
} as const;

/** Bootstrap brokers of an MSK cluster, in the order of the service. Errors: NOT_FOUND when it has none for this access; those of `awsError`. */
export async function bootstrapBrokers(
  place: AwsOptions,
  arn: string,
  access: MskAccess,
  scrub: Scrub,
  lists: readonly (keyof GetBootstrapBrokersResponse)[] = BROKER_LISTS[access],
): Promise<string[]> {
  try {
    const sdk = await optionalPackage(
      '@aws-sdk/client-kafka',
      'looking up the brokers of an MSK cluster',
      () => import('@aws-sdk/client-kafka'),
    );
    const client = new sdk.KafkaClient(await clientOptions(place));
    try {
      const answer = await client.send(new sdk.GetBootstrapBrokersCommand({ ClusterArn: arn }));
      const found = lists.map((name) => answer[name]).find((text) => text !== undefined && text !== '');
      if (found !== undefined) return found.split(',').map((broker) => broker.trim());
    } finally {
      client.destroy();
    }
  } catch (error) {
    throw awsError(error, `MSK in ${place.region} could not tell the brokers of ${arn}`, scrub);
  }
  throw new ConnectError('NOT_FOUND', `${arn} has no brokers for access by ${access}`, {
    hint: "switch it on in the cluster's security settings, or choose another login in connect.yaml",
  });
}

/** The brokers that the workers of MSK Connect use, sorted: always those inside of the VPC. */
export async function workerBrokers(
  place: AwsOptions,
  arn: string,
  { authentication, encryption }: Pick<FixedSettings, 'authentication' | 'encryption'>,
  scrub: Scrub,
): Promise<string[]> {
  const access = authentication === 'iam' ? 'iam' : encryption === 'tls' ? 'tls' : 'plaintext';
  const [insideVpc] = BROKER_LISTS[access];
  return (await bootstrapBrokers(place, arn, access, scrub, [insideVpc])).sort();
}

/** An object of a bucket. */
export interface StoredObject {
  readonly bytes: Uint8Array;
  readonly bucket: string;
  readonly key: string;
}

/**
 * Puts bytes into a bucket unless an object of that key and size is there: keys are named by their contents. Returns the
 * object's version where the bucket keeps versions.
 */
export async function putObject(
  place: AwsOptions,
  { bytes, bucket, key }: StoredObject,
  scrub: Scrub,
): Promise<string | undefined> {
  try {
    const sdk = await optionalPackage('@aws-sdk/client-s3', 'uploading the plugin', () => import('@aws-sdk/client-s3'));
    const client = new sdk.S3Client({ ...(await clientOptions(place)), forcePathStyle: place.endpoint !== undefined });
    const there = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
      if ((error as { name?: string }).name === 'NotFound') return undefined;
      throw error;
    });
    if (there?.ContentLength === bytes.length) return there.VersionId;
    const put = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes });
    return (await client.send(put)).VersionId;
  } catch (error) {
    throw awsError(error, `S3 could not store ${key} in ${bucket}`, scrub);
  }
}
