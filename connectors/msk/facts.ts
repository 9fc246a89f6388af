import type { MskCapacity } from '../../pipeline/msk-connect.ts';
import type { FixedSettings } from './api.ts';

/** Settings as flat text, so that two of them are compared and shown key by key. */
type Facts = Readonly<Record<string, string>>;

/** Lists are joined; what is undefined is left out. */
export const factsOf = (settings: object, prefix = ''): Facts =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [[prefix + key, String(value)]])),
  );

export function capacityFacts(capacity: MskCapacity): Facts {
  const [[kind = '', settings = {}] = []] = Object.entries(capacity);
  return { capacity: kind, ...factsOf(settings, 'capacity.') };
}

export const fixedFacts = ({ logs: { cloudWatch, s3, firehose }, ...fixed }: FixedSettings): Facts =>
  factsOf({
    ...fixed,
    'logs.cloudWatch': cloudWatch?.logGroup,
    'logs.s3': s3 && `${s3.bucket}/${s3.prefix ?? ''}`,
    'logs.firehose': firehose?.deliveryStream,
  });
