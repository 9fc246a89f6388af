import type { MskCapacity } from '../../pipeline/msk-connect.ts';
import type { FixedSettings } from './api.ts';

/** Settings as flat text, so that two of them are compared and shown key by key. */
export type Facts = Readonly<Record<string, string>>;

export function capacityFacts(capacity: MskCapacity): Facts {
  if ('provisioned' in capacity) {
    const { mcuCount, workerCount } = capacity.provisioned;
    return {
      capacity: 'provisioned',
      'capacity.mcuCount': String(mcuCount),
      'capacity.workerCount': String(workerCount),
    };
  }
  const { maxTasks, ...rest } = capacity.autoscaled;
  const facts = Object.entries(rest).map(([key, value]) => [`capacity.${key}`, String(value)]);
  return {
    capacity: 'autoscaled',
    ...Object.fromEntries(facts),
    ...(maxTasks === undefined ? {} : { 'capacity.maxTasks': String(maxTasks) }),
  };
}

export function fixedFacts({ logs, ...fixed }: FixedSettings): Facts {
  const { cloudWatch, s3, firehose } = logs;
  return {
    brokers: fixed.brokers.join(','),
    authentication: fixed.authentication,
    encryption: fixed.encryption,
    role: fixed.role,
    subnets: fixed.subnets.join(','),
    securityGroups: fixed.securityGroups.join(','),
    version: fixed.version,
    networkType: fixed.networkType,
    ...(cloudWatch === undefined ? {} : { 'logs.cloudWatch': cloudWatch.logGroup }),
    ...(s3 === undefined ? {} : { 'logs.s3': `${s3.bucket}/${s3.prefix ?? ''}` }),
    ...(firehose === undefined ? {} : { 'logs.firehose': firehose.deliveryStream }),
  };
}
