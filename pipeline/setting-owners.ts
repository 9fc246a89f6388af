/**
 * The setting that marks a connector as this project's. No plugin reads it. It lives and dies with the
 * connector, so that it always says what the cluster has.
 */
export const OWNER_KEY = 'perps.connect.owner';

/** Whether a connector with this configuration was deployed by this project. */
export const isOwnedBy = (config: Readonly<Record<string, string>>, project: string): boolean =>
  config[OWNER_KEY] === project;

/** What decides a connector setting: a key of the definition, of the environment, or of connect.yaml as a whole. */
export interface SettingOwner {
  readonly definition?: string;
  readonly environment?: string;
  readonly project?: string;
  /** `sink.config` may not set it as well. */
  readonly exclusive?: true;
}

const ofConverter = (environment: string, names: readonly string[]): Record<string, SettingOwner> =>
  Object.fromEntries(names.map((name) => [`value.converter.${name}`, { environment }]));

/** Every connector setting that is not this package's own choice, and what decides it. */
export const SETTING_OWNERS: Readonly<Record<string, SettingOwner>> = {
  name: { definition: 'sink.name', exclusive: true },
  topics: { definition: 'topic.name', exclusive: true },
  'tasks.max': { definition: 'sink.tasksMax', exclusive: true },
  'batch.size': { definition: 'sink.batchSize', exclusive: true },
  'consumer.override.max.poll.records': { definition: 'sink.maxPollRecords', exclusive: true },
  'consumer.override.max.partition.fetch.bytes': { definition: 'sink.maxPartitionFetchBytes', exclusive: true },
  'collection.name.format': { definition: 'table.name', exclusive: true },
  'primary.key.fields': { definition: 'table.key', exclusive: true },
  'errors.tolerance': { definition: 'sink.onUndecodable' },
  'errors.deadletterqueue.topic.name': { definition: 'sink.onUndecodable' },
  'errors.deadletterqueue.topic.replication.factor': { environment: 'kafka.replicationFactor' },
  'connection.url': { environment: 'worker.databaseUrl', exclusive: true },
  'connection.username': { environment: 'worker.databaseUser', exclusive: true },
  'connection.password': { environment: 'worker.databasePassword', exclusive: true },
  'value.converter': { environment: 'worker.converter' },
  'value.converter.apicurio.registry.url': { environment: 'worker.registryUrl' },
  'value.converter.schema.registry.url': { environment: 'worker.registryUrl' },
  ...ofConverter('worker.registryAuth', [
    'apicurio.auth.username',
    'apicurio.auth.password',
    'apicurio.rest.request.headers.Authorization',
    'basic.auth.user.info',
    'bearer.auth.token',
  ]),
  ...ofConverter(
    'worker.registryTls',
    ['apicurio.rest.request.ssl', 'schema.registry.ssl'].flatMap((ssl) =>
      [
        'ca-bundle.location',
        'truststore.location',
        'truststore.password',
        'keystore.location',
        'keystore.password',
      ].map((name) => `${ssl}.${name}`),
    ),
  ),
  [OWNER_KEY]: { project: 'project', exclusive: true },
};

/** Where a setting is decided that `sink.config` may not set, for people; undefined for any other. */
export function decidedElsewhere(key: string): string | undefined {
  const owner = Object.hasOwn(SETTING_OWNERS, key) ? SETTING_OWNERS[key] : undefined;
  if (owner?.exclusive === undefined) return undefined;
  return owner.definition ?? `${owner.environment ?? owner.project} in connect.yaml`;
}
