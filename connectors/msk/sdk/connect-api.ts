import { once } from '../../../core/once.ts';
import { optionalPackage } from '../../../core/optional-package.ts';
import { createScrub, type Scrub } from '../../../core/scrub.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type { FixedSettings } from '../api.ts';
import { askAws, type CallBounds, clientOptions } from './client.ts';
import { type Arns, connectorCalls, createArns } from './connectors.ts';
import { leftoverCalls } from './leftover-calls.ts';
import { createKnownParts, type KnownParts, partCalls } from './parts.ts';
import { putObject, removeObject, type StoredObject, workerBrokers } from './resources.ts';
import type { Call, KafkaConnectSdk } from './service.ts';

export interface MskApiOptions extends Pick<MskConnect, 'region' | 'endpoints'> {
  /** Values that no answer may repeat, e.g. the database password. */
  readonly secrets?: readonly string[];
  /** Of every call. */
  readonly bounds?: CallBounds;
}

/**
 * MSK Connect in one region by the AWS SDK, which is loaded with the first call: one method for each thing it can do, every list
 * read to its end. What does not exist is undefined. Errors: TIMEOUT when there is no answer within the bounds, UNREACHABLE,
 * NOT_READY for throttling and 5xx that outlast the retries, CONFLICT-like refusals as REFUSED with `details.status` 409, other
 * refusals REFUSED, NOT_FOUND; ENVIRONMENT when its package or credentials are missing.
 */
export interface MskApi extends MskCalls {
  /** The same service with other bounds for each call: the end of a wait, or none where nobody may interrupt. */
  within(bounds: CallBounds): MskApi;
}

export function createMskApi({ region, endpoints, secrets = [], bounds = {} }: MskApiOptions): MskApi {
  const load = once(
    async (): Promise<KafkaConnectSdk> => {
      const sdk = await optionalPackage(
        '@aws-sdk/client-kafkaconnect',
        'MSK Connect',
        () => import('@aws-sdk/client-kafkaconnect'),
      );
      const service = new sdk.KafkaConnect(await clientOptions({ region, endpoint: endpoints.kafkaConnect }));
      return { sdk, service };
    },
    { again: true },
  );
  const place = { region, endpoints, scrub: createScrub(secrets), load, arns: createArns(), parts: createKnownParts() };
  const within = (own: CallBounds): MskApi => ({ ...callsWithin(place, own), within });
  return within(bounds);
}

type MskCalls = ReturnType<typeof callsWithin>;

/** What all calls to one region share. */
interface Place extends Pick<MskConnect, 'region' | 'endpoints'> {
  readonly scrub: Scrub;
  readonly load: () => Promise<KafkaConnectSdk>;
  readonly arns: Arns;
  readonly parts: KnownParts;
}

function callsWithin({ region, endpoints, scrub, load, arns, parts }: Place, bounds: CallBounds) {
  const label = `MSK Connect in ${region}`;
  const call: Call = (what, ask) =>
    askAws(`${label} could not ${what}`, bounds, scrub, async (options) => ask({ ...(await load()), options }));
  const asking = { scrub, bounds };
  return {
    /** For messages: "MSK Connect in eu-central-1". */
    label,
    ...connectorCalls(call, { label, arns }),
    ...partCalls(call, parts),
    ...leftoverCalls(call),
    /** Bootstrap brokers of an MSK cluster for workers that log in like this. */
    brokers: (clusterArn: string, how: Pick<FixedSettings, 'authentication' | 'encryption'>): Promise<string[]> =>
      workerBrokers({ region, endpoint: endpoints.kafka }, clusterArn, how, asking),
    /** As `putObject`. */
    upload: (object: StoredObject): Promise<string | undefined> =>
      putObject({ region, endpoint: endpoints.s3 }, object, asking),
    /** As `removeObject`. */
    removeObject: (object: Pick<StoredObject, 'bucket' | 'key'>): Promise<void> =>
      removeObject({ region, endpoint: endpoints.s3 }, object, asking),
  };
}
