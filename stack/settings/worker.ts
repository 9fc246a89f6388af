import type { Settings } from './broker.ts';

/** Where a worker finds the broker, how others find the worker, and where its plugins lie. */
export interface WorkerPlace {
  readonly bootstrapServers: string;
  /** URL the REST API is bound to, e.g. `http://127.0.0.1:8083`. */
  readonly listener: string;
  /** Where other workers reach its REST API. */
  readonly advertisedHost: string;
  readonly advertisedPort: number;
  readonly pluginFolders: readonly string[];
}

/** JVM heap of the worker in MiB: room for polls of 5,000 records, should a definition ask for them, in two tasks. */
export const WORKER_HEAP_MB = 768;
/**
 * A large poll lives just long enough to be copied a few times. The parallel collector does that at two thirds of the
 * processor time a row that G1 took in 512 MiB, where it marked the old generation without a break.
 */
export const WORKER_JVM_FLAGS = ['-Xms256m', '-XX:+UseParallelGC'] as const;

/** Plugins without which the worker is of no use, as it lists them. */
export const REQUIRED_PLUGINS = [
  'io.debezium.connector.jdbc.JdbcSinkConnector',
  'io.apicurio.registry.utils.converter.AvroConverter',
] as const;

/** A Kafka Connect worker in distributed mode, alone in its group: the same settings wherever it runs. */
export function workerSettings(place: WorkerPlace): Settings {
  return {
    'bootstrap.servers': place.bootstrapServers,
    'group.id': 'perps-connect',
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    // Each connector says how its values are encoded; a worker-wide guess would hide a missing setting.
    'value.converter': 'org.apache.kafka.connect.converters.ByteArrayConverter',
    'config.storage.topic': 'perps-connect-configs',
    'offset.storage.topic': 'perps-connect-offsets',
    'status.storage.topic': 'perps-connect-status',
    'config.storage.replication.factor': 1,
    'offset.storage.replication.factor': 1,
    'status.storage.replication.factor': 1,
    'offset.storage.partitions': 4,
    'status.storage.partitions': 2,
    'offset.flush.interval.ms': 5_000,
    listeners: place.listener,
    'rest.advertised.host.name': place.advertisedHost,
    'rest.advertised.port': place.advertisedPort,
    'plugin.path': place.pluginFolders.join(','),
    // By their service manifests; the lock supplies the one that the converter lacks. Scanning every class instead takes
    // 11 s on two cores.
    'plugin.discovery': 'service_load',
    'connector.client.config.override.policy': 'All',
    // Connector configurations name the database's password; only the worker knows it.
    'config.providers': 'env',
    'config.providers.env.class': 'org.apache.kafka.common.config.provider.EnvVarConfigProvider',
    'config.providers.env.param.allowlist.pattern': 'PERPS_.*',
    // One worker: nobody to wait for after it has left or died.
    'scheduled.rebalance.max.delay.ms': 0,
  };
}
