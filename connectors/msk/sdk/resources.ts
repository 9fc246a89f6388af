import type { GetBootstrapBrokersResponse } from '@aws-sdk/client-kafka';
import { ConnectError } from '../../../core/errors.ts';
import { optionalPackage } from '../../../core/optional-package.ts';
import type { Scrub } from '../../../core/scrub.ts';
import type { MskAccess } from '../../../pipeline/kafka-settings.ts';
import type { FixedSettings } from '../api.ts';
import { type AwsOptions, askAws, type CallBounds, clientOptions, uploadOptions } from './client.ts';
import { s3Error } from './s3-error.ts';

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

type BrokerList = keyof GetBootstrapBrokersResponse;

/** How a service is asked. */
export interface Asking {
  readonly scrub: Scrub;
  readonly bounds: CallBounds;
}

/** Bootstrap brokers of an MSK cluster, in the order of the service. Errors: NOT_FOUND when it has none for this access; those of `awsError`. */
export async function bootstrapBrokers(
  place: AwsOptions,
  arn: string,
  access: MskAccess,
  { scrub, bounds, lists = BROKER_LISTS[access] }: Asking & { readonly lists?: readonly BrokerList[] },
): Promise<string[]> {
  const asked = `MSK in ${place.region} could not tell the brokers of ${arn}`;
  const found = await askAws(asked, bounds, scrub, async (options) => {
    const sdk = await optionalPackage(
      '@aws-sdk/client-kafka',
      'looking up the brokers of an MSK cluster',
      () => import('@aws-sdk/client-kafka'),
    );
    const client = new sdk.KafkaClient(await clientOptions(place));
    try {
      const answer = await client.send(new sdk.GetBootstrapBrokersCommand({ ClusterArn: arn }), options);
      return lists.map((name) => answer[name]).find((text) => text !== undefined && text !== '');
    } finally {
      client.destroy();
    }
  });
  if (found !== undefined) return found.split(',').map((broker) => broker.trim());
  throw new ConnectError('NOT_FOUND', `${arn} has no brokers for access by ${access}`, {
    hint: "switch it on in the cluster's security settings, or choose another login in connect.yaml",
  });
}

/** The brokers that the workers of MSK Connect use, sorted: always those inside of the VPC. */
export async function workerBrokers(
  place: AwsOptions,
  arn: string,
  { authentication, encryption }: Pick<FixedSettings, 'authentication' | 'encryption'>,
  asking: Asking,
): Promise<string[]> {
  const access = authentication === 'iam' ? 'iam' : encryption === 'tls' ? 'tls' : 'plaintext';
  const [insideVpc] = BROKER_LISTS[access];
  return (await bootstrapBrokers(place, arn, access, { ...asking, lists: [insideVpc] })).sort();
}

/** A plugin of 50 MB by a slow line. */
const UPLOAD_MS = 1_800_000;

/** An object of a bucket, which is named by its contents. */
export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly bucket: string;
  readonly key: string;
  /** Called before it is sent, which it is only when it is not there. */
  readonly onUpload: () => void;
}

/**
 * Puts bytes into a bucket unless they are there: S3 keeps the SHA-256 that came with an upload, after it has compared it with the
 * bytes. An object without one, or with another, is written anew. Returns the object's version where the bucket keeps versions.
 */
export async function putObject(
  place: AwsOptions,
  { bytes, sha256, bucket, key, onUpload }: StoredObject,
  { scrub, bounds }: Asking,
): Promise<string | undefined> {
  const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
  const object = { bucket, key, region: place.region };
  const store = async (options: { readonly abortSignal: AbortSignal }) => {
    const sdk = await optionalPackage('@aws-sdk/client-s3', 'uploading the plugin', () => import('@aws-sdk/client-s3'));
    const client = new sdk.S3Client({ ...(await uploadOptions(place)), forcePathStyle: place.endpoint !== undefined });
    const head = new sdk.HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' });
    const there = await client.send(head, options).catch((error: unknown) => {
      if ((error as { name?: string }).name === 'NotFound') return undefined;
      throw s3Error(error, { ...object, action: 's3:GetObject' });
    });
    if (there?.ChecksumSHA256 === ChecksumSHA256) return there.VersionId;
    onUpload();
    const put = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, ChecksumSHA256 });
    const stored = await client.send(put, options).catch((error: unknown) => {
      throw s3Error(error, { ...object, action: 's3:PutObject' });
    });
    return stored.VersionId;
  };
  return askAws(`S3 could not store ${key} in ${bucket}`, bounds, scrub, store, UPLOAD_MS);
}

/** Removes an object; a bucket that keeps versions keeps it behind a mark. One that is not there is as good. */
export async function removeObject(
  place: AwsOptions,
  { bucket, key }: Pick<StoredObject, 'bucket' | 'key'>,
  { scrub, bounds }: Asking,
): Promise<void> {
  await askAws(`S3 could not delete ${key} in ${bucket}`, bounds, scrub, async (options) => {
    const sdk = await optionalPackage('@aws-sdk/client-s3', 'deleting a plugin', () => import('@aws-sdk/client-s3'));
    const client = new sdk.S3Client({ ...(await clientOptions(place)), forcePathStyle: place.endpoint !== undefined });
    await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: key }), options);
  });
}
