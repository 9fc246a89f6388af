import { ConnectError } from '../../../core/errors.ts';

/** A call to S3, by the action of IAM that it needs. */
export interface S3Call {
  readonly action: 's3:GetObject' | 's3:PutObject';
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
}

interface S3Failure {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** What S3 calls a refusal; a HEAD has no text to call it anything. */
const REFUSALS = ['AccessDenied', 'Forbidden', '403', 'UnknownError', 'Unknown'];

/**
 * A failure of S3 with what its answer leaves out: bucket, action and region. A HEAD is answered without a text, so that a missing
 * permission, or a bucket of another region, would have no name. Any other failure stays as it is.
 */
export function s3Error(error: unknown, { action, bucket, key, region }: S3Call): unknown {
  const { name = '', message = '', $metadata, $response } = error as S3Failure;
  const status = $metadata?.httpStatusCode;
  const headers = Object.entries($response?.headers ?? {});
  const home = headers.find(([header]) => header.toLowerCase() === 'x-amz-bucket-region')?.[1];
  const details = { status, error: name, bucket, key, action, region };
  if (home !== undefined && home !== region && status !== undefined && status >= 300) {
    return new ConnectError('REFUSED', `bucket ${bucket} is in ${home}, and connect.region is ${region}`, {
      details: { ...details, bucketRegion: home },
      hint: `name a bucket of ${region} in connect.plugin.bucket of the environment`,
    });
  }
  if (status === 301) {
    return new ConnectError('REFUSED', `bucket ${bucket} is not in ${region} (HTTP 301)`, {
      details,
      hint: `name a bucket of ${region} in connect.plugin.bucket of the environment`,
    });
  }
  if (name === 'NoSuchBucket') {
    return new ConnectError('NOT_FOUND', `there is no bucket ${bucket}`, {
      details,
      hint: `create it in ${region}, or correct connect.plugin.bucket of the environment`,
    });
  }
  if (status !== 403 || !REFUSALS.includes(name)) return error;
  const isHead = action === 's3:GetObject';
  const why = isHead ? 'or the object is not there and s3:ListBucket is denied' : message;
  return new ConnectError(
    'REFUSED',
    `S3 in ${region} denies ${action} on s3://${bucket}/${key}${why === '' ? '' : `, ${why}`} (HTTP 403)`,
    {
      details,
      hint: `\`connect msk iam-policy --role deployer\` prints what is needed${isHead ? '; a HEAD does not say whether the login has expired' : ''}; the policy of the bucket may deny it too`,
    },
  );
}
