import { plainFeed } from '../../pipeline/feed.ts';
import type { Environment, StreamDefinition } from '../../pipeline/types.ts';

export const positions: StreamDefinition = {
  name: 'positions',
  file: 'connectors/positions.yaml',
  feed: plainFeed('schemas/position-update.proto', 'perps.v1.PositionFeed'),
  schema: 'schemas/position-update.avsc',
  topic: { name: 'positions', partitions: 4, key: 'position_account', config: { 'retention.ms': '604800000' } },
  table: { name: 'public.positions', key: ['position_account', 'signature'] },
  allow: [],
  sink: {
    name: 'positions-sink',
    tasksMax: 2,
    batchSize: 1000,
    maxPollRecords: 1000,
    maxPartitionFetchBytes: 1_048_576,
    onUndecodable: 'fail',
    omit: [],
    config: {},
  },
};

export const staging: Environment = {
  name: 'staging',
  kafka: { brokers: ['broker:9092'], replicationFactor: 3 },
  registry: { url: 'http://registry:8080/apis/ccompat/v7' },
  database: { host: 'db', port: 5432, name: 'perps', user: 'app', password: '$' + '{env:PGPASSWORD}' },
  connect: { target: 'rest', url: 'http://connect:8083' },
  worker: {
    converter: 'apicurio',
    registryUrl: 'http://registry:8080',
    databaseUrl: 'jdbc:postgresql://db:5432/perps?sslmode=verify-full',
    databaseUser: 'app',
    databasePassword: '$' + '{secretsmanager:perps/db:password}',
  },
  feed: { address: 'feed:443', tls: true },
};
