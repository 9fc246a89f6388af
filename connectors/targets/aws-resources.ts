import { readFile } from 'node:fs/promises';
import { type AwsOptions, awsError, clientOptions } from '../../core/aws.ts';
import { ConnectError } from '../../core/errors.ts';
import { optionalPackage } from '../../core/optional-package.ts';
import type { Scrub } from '../../core/scrub.ts';
import type { FixedSettings } from '../msk/api.ts';

/** Region, and another address of the service where the environment has one. */
export type Place = Pick<AwsOptions, 'region'> & { readonly endpoint: string | undefined };

const optionsOf = ({ region, endpoint }: Place): Promise<object> =>
  clientOptions({ region, ...(endpoint === undefined ? {} : { endpoint }) });

/** Bootstrap brokers of an MSK cluster, sorted. Errors: NOT_FOUND; REFUSED when the cluster does not offer such a login. */
export async function bootstrapBrokers(
  place: Place,
  clusterArn: string,
  { authentication, encryption }: Pick<FixedSettings, 'authentication' | 'encryption'>,
  scrub: Scrub,
): Promise<string[]> {
  const asked = `MSK in ${place.region} could not tell the brokers of ${clusterArn}`;
  try {
    const sdk = await optionalPackage(
      '@aws-sdk/client-kafka',
      'looking up the brokers of an MSK cluster',
      () => import('@aws-sdk/client-kafka'),
    );
    const client = new sdk.KafkaClient(await optionsOf(place));
    const reply = await client.send(new sdk.GetBootstrapBrokersCommand({ ClusterArn: clusterArn }));
    const brokers =
      authentication === 'iam'
        ? reply.BootstrapBrokerStringSaslIam
        : encryption === 'tls'
          ? reply.BootstrapBrokerStringTls
          : reply.BootstrapBrokerString;
    if (brokers === undefined || brokers === '') {
      throw new ConnectError(
        'REFUSED',
        `${asked}: it has none for authentication ${authentication} with ${encryption}`,
        {
          hint: 'switch that on for the cluster, or change connect.authentication and connect.encryption',
        },
      );
    }
    return brokers.split(',').sort();
  } catch (error) {
    throw awsError(error, asked, scrub);
  }
}

export interface UploadedFile {
  readonly path: string;
  readonly size: number;
  readonly bucket: string;
  readonly key: string;
}

/**
 * Puts a file into a bucket unless an object of that key and size is there: keys are named by their contents. Returns the
 * object's version where the bucket keeps versions.
 */
export async function uploadFile(
  place: Place,
  { path, size, bucket, key }: UploadedFile,
  scrub: Scrub,
): Promise<string | undefined> {
  try {
    const sdk = await optionalPackage('@aws-sdk/client-s3', 'uploading the plugin', () => import('@aws-sdk/client-s3'));
    const client = new sdk.S3Client({ ...(await optionsOf(place)), forcePathStyle: place.endpoint !== undefined });
    const there = await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: key })).catch((error: unknown) => {
      if ((error as { name?: string }).name === 'NotFound') return undefined;
      throw error;
    });
    if (there?.ContentLength === size) return there.VersionId;
    const put = new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: await readFile(path) });
    return (await client.send(put)).VersionId;
  } catch (error) {
    throw awsError(error, `S3 could not store ${key} in ${bucket}`, scrub);
  }
}
