import type { BrokerSource, TokenLogin } from '../../../core/kafka.ts';
import { once } from '../../../core/once.ts';
import { optionalPackage } from '../../../core/optional-package.ts';
import { type MskAccess, regionOf } from '../../../pipeline/kafka-settings.ts';
import { awsError, type CallBounds } from './client.ts';
import { bootstrapBrokers } from './resources.ts';

/** A token lives for 15 minutes; it is used again until it has less than this left. */
const RENEW_BEFORE_MS = 300_000;

/** The brokers of an MSK cluster for a client, asked for once. `endpoint` is another address of the service. Errors of `lookUp`: those of `bootstrapBrokers`. */
export const mskBrokers = (
  arn: string,
  access: MskAccess,
  endpoint?: string,
  bounds: CallBounds = {},
): BrokerSource => ({
  label: `cluster ${arn}`,
  // The answers hold no secret: at most an access key's id.
  lookUp: once(
    () => bootstrapBrokers({ region: regionOf(arn), endpoint }, arn, access, { scrub: (text) => text, bounds }),
    { again: true },
  ),
});

/** A login by the AWS identity of the process, from the default chain; it is asked again when a session ends. */
export function iamLogin(region: string): TokenLogin {
  let last: { readonly value: string; readonly expiryMs: number } | undefined;
  return {
    async token() {
      if (last === undefined || last.expiryMs - Date.now() < RENEW_BEFORE_MS) last = await signToken(region);
      return last.value;
    },
  };
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
    throw awsError(error, 'the login to Kafka by IAM failed', (text) => text);
  }
}
