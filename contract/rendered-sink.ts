import type { Environment, StreamDefinition } from '../pipeline/types.ts';
import type { Path } from '../pipeline/yaml-file.ts';
import type { Place } from './place.ts';
import type { PlacedYaml } from './placed-yaml.ts';

/** A sink's configuration in one environment, as the worker will get it. */
export interface RenderedSink {
  readonly environment: string;
  readonly connector: string;
  readonly config: Readonly<Record<string, string>>;
  /** Where the definition or `connect.yaml` decides a setting. */
  placeOf(key: string): Place;
}

/** What decides each setting that is not this package's own choice. */
const DECIDED_BY: Readonly<Record<string, { readonly definition?: Path; readonly environment?: Path }>> = {
  name: { definition: ['sink', 'name'] },
  'tasks.max': { definition: ['sink', 'tasksMax'] },
  topics: { definition: ['topic', 'name'] },
  'collection.name.format': { definition: ['table', 'name'] },
  'primary.key.fields': { definition: ['table', 'key'] },
  'batch.size': { definition: ['sink', 'batchSize'] },
  'consumer.override.max.poll.records': { definition: ['sink', 'maxPollRecords'] },
  'consumer.override.max.partition.fetch.bytes': { definition: ['sink', 'maxPartitionFetchBytes'] },
  'errors.tolerance': { definition: ['sink', 'onUndecodable'] },
  'errors.deadletterqueue.topic.name': { definition: ['sink', 'onUndecodable'] },
  'errors.deadletterqueue.topic.replication.factor': { environment: ['kafka', 'replicationFactor'] },
  'connection.url': { environment: ['worker', 'databaseUrl'] },
  'connection.username': { environment: ['worker', 'databaseUser'] },
  'connection.password': { environment: ['worker', 'databasePassword'] },
  'value.converter': { environment: ['worker', 'converter'] },
  'value.converter.apicurio.registry.url': { environment: ['worker', 'registryUrl'] },
  'value.converter.schema.registry.url': { environment: ['worker', 'registryUrl'] },
};

/** Joins a rendered configuration with the places that decide it. */
export function placeSink(
  stream: StreamDefinition,
  environment: Environment,
  config: Readonly<Record<string, string>>,
  definition: PlacedYaml,
  environments: PlacedYaml,
): RenderedSink {
  return {
    environment: environment.name,
    connector: stream.sink.name,
    config,
    placeOf(key) {
      const written = ['sink', 'config', key];
      if (definition.has(written)) return definition.placeOf(written);
      const decided = DECIDED_BY[key];
      if (decided?.environment !== undefined) {
        const path = ['environments', environment.name, ...decided.environment];
        if (environments.has(path)) return environments.placeOf(path);
      }
      return definition.placeOf(decided?.definition ?? ['sink', 'name']);
    },
  };
}

/** The parameters of a JDBC URL, as the driver takes them: the last of a repeated one wins. */
export function urlParameters(url: string): ReadonlyMap<string, string> {
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  const pairs = query.split('&').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [name = '', value = ''] = pair.split('=', 2);
      return [decodeURIComponent(name), decodeURIComponent(value)];
    }),
  );
}

/** Columns that Connect adds to each record (transform InsertField), and the setting that names each. */
export function addedColumns(config: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const added = new Map<string, string>();
  const listed = (config.transforms ?? '').split(',').map((name) => name.trim());
  for (const [key, value] of Object.entries(config)) {
    const [, transform] = /^transforms\.([^.]+)\.(?:topic|partition|offset|timestamp|static)\.field$/.exec(key) ?? [];
    if (transform === undefined || !listed.includes(transform)) continue;
    if (/\.InsertField\$Value$/.test(config[`transforms.${transform}.type`] ?? ''))
      added.set(value.replace(/[!?]$/, ''), key);
  }
  return added;
}

/** Fields that a running configuration's field.include.list lets through: plain names, as this package writes them. */
export function includedFields(config: Readonly<Record<string, string>>, topic: string): string[] {
  const prefix = `${topic}:`;
  return (config['field.include.list'] ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item.startsWith(prefix))
    .map((item) => item.slice(prefix.length));
}
