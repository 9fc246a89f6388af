import { existsSync } from 'node:fs';
import { connectTarget } from '../app/connect-target.ts';
import { type ImportedSink, importedTopic, importSink } from '../connectors/import-sink.ts';
import { kafkaConnection } from '../connectors/kafka-connection.ts';
import { isOwnedBy } from '../connectors/render/owner.ts';
import type { SinkConfig } from '../connectors/render/render-sink.ts';
import { connectorKeys } from '../connectors/settings/connector-keys.ts';
import { settingOf } from '../connectors/settings/setting-lookup.ts';
import { observeTopics } from '../connectors/topics.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { registryConnection } from '../pipeline/connections.ts';
import { projectFile } from '../pipeline/load.ts';
import { isAutoscaled } from '../pipeline/msk-connect.ts';
import { valueSubject } from '../pipeline/names.ts';
import type { Environment, Project, StreamDefinition } from '../pipeline/types.ts';
import { type AvroSchema, loadAvroSchema, parseAvroSchema } from '../schemas/avro-schema.ts';
import { createSchemaRegistry } from '../schemas/registry.ts';
import type { CliContext } from './context.ts';

export interface Imported extends ImportedSink {
  /** What no connector says and was guessed, for a person to look at. */
  readonly guesses: readonly string[];
  /** Whether a deploy marks it as this project's, which it is not yet. */
  readonly adopts: boolean;
}

/**
 * A live connector as a definition. What the connector does not say comes from the project's stream of that topic, else from the
 * topic, the registry and the names that `init stream` would give. Errors: NOT_FOUND, REFUSED, what the parts throw.
 */
export async function importConnector(
  context: CliContext,
  project: Project,
  environment: Environment,
  { connector, as }: { readonly connector: string; readonly as?: string },
): Promise<Imported> {
  const target = connectTarget(environment, context.secrets(project));
  const [config, status] = await Promise.all([target.config(connector), target.status(connector)]);
  if (config === undefined) throw await notThere(connector, target);
  const topic = importedTopic(connector, config);
  const known = project.streams.find((stream) => stream.topic.name === topic || stream.sink.name === connector);
  const parts = { context, project, environment, topic };
  const { live, unknown } = declared(config, environment, known);
  const { stream, guesses } = known === undefined ? await guessStream(parts, live, as) : { stream: known, guesses: [] };
  const schema = await schemaOf(parts, stream);
  const keys = connectorKeys();
  const { table, sink: _sink, ...rest } = stream;
  const imported = importSink(connector, live, {
    environment,
    fields: schema.fields,
    state: status?.state,
    stream: {
      ...rest,
      ...(table.current === undefined ? {} : { current: table.current }),
      ...(table.fold === undefined ? {} : { fold: table.fold }),
    },
    settings: (key) => settingOf(keys, live, key),
  });
  const adopts = environment.project !== undefined && !isOwnedBy(live, environment.project);
  const unsaid =
    status === undefined ? ['sink.state: left open, because the cluster has not said whether it runs'] : [];
  return { ...imported, guesses: [...guesses, ...unknown, ...unsaid], adopts };
}

/** Autoscaled capacity overwrites the number of tasks that was asked for; what the project has said of it stays. */
function declared(
  config: SinkConfig,
  { connect }: Environment,
  known: StreamDefinition | undefined,
): { live: SinkConfig; unknown: string[] } {
  if (!isAutoscaled(connect)) return { live: config, unknown: [] };
  if (known !== undefined) return { live: { ...config, 'tasks.max': String(known.sink.tasksMax) }, unknown: [] };
  const unknown = [`sink.tasksMax: ${config['tasks.max']}, as many as run now: autoscaled capacity decides`];
  return { live: config, unknown };
}

interface ImportParts {
  readonly context: CliContext;
  readonly project: Project;
  readonly environment: Environment;
  readonly topic: string;
}

type Guessed = Pick<StreamDefinition, 'name' | 'file' | 'feed' | 'schema' | 'topic'> & {
  readonly table: Pick<StreamDefinition['table'], 'current' | 'fold'>;
  readonly sink?: never;
};

async function guessStream(
  { context, project, environment, topic }: ImportParts,
  live: Readonly<Record<string, string>>,
  as: string | undefined,
): Promise<{ stream: Guessed; guesses: string[] }> {
  const name = as ?? topic.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  const words = name.split(/[_-]/);
  const kebab = words.join('-');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const kafka = kafkaConnection(environment, context.secrets(project));
  const observed = await withAdmin(kafka, 'perps-connect-import', (admin) => observeTopics(admin, [topic]));
  const seen = observed[topic];
  const [key = 'id'] = (live['primary.key.fields'] ?? '').split(',').map((column) => column.trim());
  const config = Object.fromEntries(
    ['cleanup.policy', 'retention.ms'].flatMap((setting) => {
      const value = seen?.config[setting];
      return value === undefined ? [] : [[setting, value]];
    }),
  );
  const stream: Guessed = {
    name,
    file: `connectors/${name}.yaml`,
    feed: { proto: `schemas/${kebab}.proto`, service: `perps.v1.${pascal}Feed`, ignore: [] },
    schema: `schemas/${kebab}.avsc`,
    topic: { name: topic, partitions: seen?.partitions ?? 1, key, config },
    table: {},
  };
  const guesses = [
    `feed: ${stream.feed.proto}, ${stream.feed.service}: a connector does not say where its records come from`,
    `schema: ${stream.schema}`,
    `topic.key: ${key}, the first column of the upsert key`,
    ...(seen === undefined ? [`topic.partitions: 1, because topic ${topic} is not there`] : []),
  ];
  return { stream, guesses };
}

/** The project's schema; of one that is not written yet, what the registry has. */
async function schemaOf(
  { context, project, environment }: ImportParts,
  { schema: file, topic }: Pick<StreamDefinition, 'schema' | 'topic'>,
): Promise<AvroSchema> {
  const path = projectFile(project, file);
  if (existsSync(path)) return loadAvroSchema(path);
  const registry = createSchemaRegistry(registryConnection(environment, context.secrets(project)));
  const subject = valueSubject({ topic });
  const registered = await registry.version(subject, 'latest');
  if (registered !== undefined) return parseAvroSchema(registered.schema, `subject ${subject}`);
  throw new ConnectError('NOT_FOUND', `neither ${file} nor subject ${subject} is there: the fields are not known`, {
    details: { file, subject },
    hint: 'write the schema first, e.g. with `connect init stream`',
  });
}

async function notThere(connector: string, target: ReturnType<typeof connectTarget>): Promise<ConnectError> {
  const names = (await target.list()).sort();
  return new ConnectError('NOT_FOUND', `${connector} is not on ${target.label}`, {
    details: { connector, connectors: names },
    hint: names.length === 0 ? 'there are no connectors' : `connectors: ${names.join(', ')}`,
  });
}
