import type { MskEnvironment } from '../../../connectors/msk/iam/policy.ts';
import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import { staging } from '../positions-stream.ts';

export const CLUSTER = 'arn:aws:kafka:eu-central-1:123456789012:cluster/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2';

/** A target on MSK Connect, with everything said. */
export const MSK_TARGET: MskConnect = {
  target: 'msk',
  region: 'eu-central-1',
  version: '3.7.x',
  cluster: CLUSTER,
  authentication: 'iam',
  encryption: 'tls',
  role: 'arn:aws:iam::123456789012:role/perps-connect',
  subnets: ['subnet-0a1b2c3d4e5f6a7b8'],
  securityGroups: ['sg-0a1b2c3d4e5f6a7b8'],
  networkType: 'ipv4',
  capacity: { provisioned: { mcuCount: 1, workerCount: 1 } },
  plugin: { bucket: 'perps-plugins', prefix: 'connect/' },
  workerConfiguration: {
    'config.providers': 'secretsmanager',
    'config.providers.secretsmanager.class': 'com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider',
  },
  logs: { cloudWatch: { logGroup: '/perps/connect' } },
  tags: {},
  endpoints: {},
};

/** An environment on MSK Connect, with changes to its `connect`. */
export const onMsk = (changes: Partial<MskConnect> = {}): MskEnvironment => ({
  ...staging,
  name: 'production',
  kafka: {
    brokers: [],
    cluster: CLUSTER,
    replicationFactor: 3,
    ssl: true,
    sasl: { mechanism: 'aws-iam', region: 'eu-central-1' },
  },
  connect: { ...MSK_TARGET, ...changes },
});
