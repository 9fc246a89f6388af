import { expect, test } from 'vitest';
import { createMskSink } from '../../../../support/msk/msk-sink.ts';

const BUCKET = /s3:\/\/plugins\/connect\/perps-connect-\w+\.zip/;
const body = (code: string, message: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;

test.each([
  [
    'a HEAD that is denied',
    { method: 'HEAD', status: 403 },
    {
      message: expect.stringMatching(
        new RegExp(
          `S3 in eu-central-1 denies s3:GetObject on ${BUCKET.source}, or .* s3:ListBucket is denied \\(HTTP 403\\)`,
        ),
      ),
      hint: expect.stringContaining('connect msk iam-policy --role deployer'),
      details: { bucket: 'plugins', action: 's3:GetObject', region: 'eu-central-1', status: 403 },
    },
  ],
  [
    'an upload that is denied',
    { method: 'PUT', status: 403, body: body('AccessDenied', 'Access Denied') },
    {
      message: expect.stringMatching(
        new RegExp(`S3 in eu-central-1 denies s3:PutObject on ${BUCKET.source}, Access Denied \\(HTTP 403\\)`),
      ),
      hint: expect.stringContaining('connect msk iam-policy --role deployer'),
    },
  ],
  [
    'a bucket of another region',
    { method: 'HEAD', status: 301, headers: { 'x-amz-bucket-region': 'us-west-2' } },
    {
      message: expect.stringContaining('bucket plugins is in us-west-2, and connect.region is eu-central-1'),
      hint: expect.stringContaining('name a bucket of eu-central-1 in connect.plugin.bucket'),
      details: { bucketRegion: 'us-west-2' },
    },
  ],
  [
    'a bucket of another region that S3 does not name',
    { method: 'HEAD', status: 301 },
    { message: expect.stringContaining('bucket plugins is not in eu-central-1 (HTTP 301)') },
  ],
  [
    'a bucket that is not there',
    { method: 'PUT', status: 404, body: body('NoSuchBucket', 'The specified bucket does not exist') },
    { code: 'NOT_FOUND', message: expect.stringContaining('there is no bucket plugins') },
  ],
] as const)('%s is told with bucket, action and what to do', async (_what, answer, expected) => {
  const sink = await createMskSink();
  sink.fake.faults.s3 = answer;
  await expect(sink.deploy()).rejects.toMatchObject({ code: 'REFUSED', ...expected });
  expect(sink.fake.connectors.size).toBe(0);
});
