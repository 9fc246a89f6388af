import { existsSync } from 'node:fs';
import type { SinkHost } from '../connectors/host.ts';
import { type ImportedSink, importedTopic, importSink, type UnsinkedStream } from '../connectors/import-sink.ts';
import type { ObservedSink, SinkConfig } from '../connectors/sink-config.ts';
import { observeTopics } from '../connectors/topics.ts';
import { ConnectError } from '../core/errors.ts';
import { withAdmin } from '../core/kafka.ts';
import { definitionText } from '../pipeline/definition-text.ts';
import { plainFeed } from '../pipeline/feed.ts';
import { valueSubject } from '../pipeline/names.ts';
import { isOwnedBy } from '../pipeline/setting-owners.ts';
import type { StreamDefinition } from '../pipeline/types.ts';
import { type AvroSchema, parseAvroSchema } from '../schemas/avro-schema.ts';
import { editorSchema } from './init/stream-files.ts';
import type { Session } from './session.ts';

export interface Imported extends ImportedSink {
  /** What no connector says and was guessed, for a person to look at. */
  readonly guesses: readonly string[];
  /** YAML. */
  readonly definition: string;
  /** Whether a deploy marks it as this project's, which it is not yet. */
  readonly adopts: boolean;
}

/**
 * A live connector as a definition. What the connector does not say comes from the project's stream of that topic, else from the
 * topic, the registry and the names that `init stream` would give. `as`: name of the new stream. Changes nothing.
 * Errors: NOT_FOUND, REFUSED, what the parts throw.
 */
export async function importConnector(session: Session, connector: string, as: string | undefined): Promise<Imported> {
  const { project, environment } = session;
  const host = await session.host();
  const sink = await host.observe(connector);
  if (sink === undefined) throw await notThere(connector, host);
  const topic = importedTopic(connector, sink.config);
  const known = project.streams.find((stream) => stream.topic.name === topic || stream.sink.name === connector);
  const { live, unknown } = declaredConfig(sink, known);
  const { stream, guesses } =
    known === undefined ? await guessStream(session, topic, live, as) : { stream: known, guesses: [] };
  const schema = await schemaOf(session, stream);
  const { fields } = schema;
  const { state } = sink;
  const imported = importSink(connector, live, { environment, fields, state, stream, scrub: session.scrub });
  const adopts = environment.project !== undefined && !isOwnedBy(live, environment.project);
  const unsaid =
    sink.state === 'UNASSIGNED' ? ['sink.state: left open, because the cluster has not said whether it runs'] : [];
  const definition = definitionText(imported.stream, `../${editorSchema(project.root, 'definition')}`);
  return { ...imported, definition, guesses: [...guesses, ...unknown, ...unsaid], adopts };
}

/** The configuration that somebody has asked for. A host that decides the number of tasks overwrites it; what the project says of it stays. */
function declaredConfig(
  { config, decidedByHost }: ObservedSink,
  known: StreamDefinition | undefined,
): { live: SinkConfig; unknown: string[] } {
  if (!decidedByHost.includes('tasks.max')) return { live: config, unknown: [] };
  if (known !== undefined) return { live: { ...config, 'tasks.max': String(known.sink.tasksMax) }, unknown: [] };
  const unknown = [`sink.tasksMax: ${config['tasks.max']}, as many as run now: autoscaled capacity decides`];
  return { live: config, unknown };
}

async function guessStream(
  { kafka }: Session,
  topic: string,
  live: SinkConfig,
  as: string | undefined,
): Promise<{ stream: UnsinkedStream; guesses: string[] }> {
  const name = as ?? topic.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  const words = name.split(/[_-]/);
  const kebab = words.join('-');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const observed = await withAdmin(kafka, 'perps-connect-import', (admin) => observeTopics(admin, [topic]));
  const seen = observed[topic];
  const [key = 'id'] = (live['primary.key.fields'] ?? '').split(',').map((column) => column.trim());
  const config = Object.fromEntries(
    ['cleanup.policy', 'retention.ms'].flatMap((setting) => {
      const value = seen?.config[setting];
      return value === undefined ? [] : [[setting, value]];
    }),
  );
  const stream: UnsinkedStream = {
    name,
    file: `connectors/${name}.yaml`,
    feed: plainFeed(`schemas/${kebab}.proto`, `perps.v1.${pascal}Feed`),
    schema: `schemas/${kebab}.avsc`,
    topic: { name: topic, partitions: seen?.partitions ?? 1, key, config },
    table: {},
    allow: [],
  };
  const guesses = [
    `feed: ${stream.feed?.proto}, ${stream.feed?.service}: a connector does not say where its records come from`,
    `schema: ${stream.schema}`,
    `topic.key: ${key}, the first column of the upsert key`,
    ...(seen === undefined ? [`topic.partitions: 1, because topic ${topic} is not there`] : []),
  ];
  return { stream, guesses };
}

/** The project's schema; of one that is not written yet, what the registry has. */
async function schemaOf(
  session: Session,
  { schema: file, topic }: Pick<StreamDefinition, 'schema' | 'topic'>,
): Promise<AvroSchema> {
  if (existsSync(session.file(file))) return session.schema({ schema: file });
  const subject = valueSubject({ topic });
  const registered = await (await session.registry()).version(subject, 'latest');
  if (registered !== undefined) return parseAvroSchema(registered.schema, `subject ${subject}`);
  throw new ConnectError('NOT_FOUND', `neither ${file} nor subject ${subject} is there: the fields are not known`, {
    details: { file, subject },
    hint: 'write the schema first, e.g. with `connect init stream`',
  });
}

async function notThere(connector: string, host: SinkHost): Promise<ConnectError> {
  const names = (await host.list()).sort();
  return new ConnectError('NOT_FOUND', `${connector} is not on ${host.label}`, {
    details: { connector, connectors: names },
    hint: names.length === 0 ? 'there are no connectors' : `connectors: ${names.join(', ')}`,
  });
}
