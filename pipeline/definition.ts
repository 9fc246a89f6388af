import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isSecretName } from '../core/secret-names.ts';
import { checkFeed, checkOrdinal, type FeedDocument, toAdapter, toFeed } from './feed.ts';
import type { Problem } from './finding.ts';
import { streamTopics } from './names.ts';
import { decidedElsewhere } from './setting-owners.ts';
import type { PartitionDefinition, StreamDefinition } from './types.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** `connectors/<name>.yaml` as the schema leaves it: valid, defaults filled in. */
export interface DefinitionDocument
  extends Omit<StreamDefinition, 'file' | 'feed' | 'adapter' | 'topic' | 'table' | 'sink'> {
  readonly feed?: FeedDocument;
  readonly table: Omit<StreamDefinition['table'], 'partition'> & { readonly partition?: PartitionDocument };
  readonly topic: WithSettings<StreamDefinition['topic']>;
  readonly sink: WithSettings<StreamDefinition['sink']>;
}

type PartitionDocument = Omit<PartitionDefinition, 'keepDays'> & { readonly keep?: string };
type WithSettings<T> = Omit<T, 'config'> & { readonly config: Settings };
type Settings = Readonly<Record<string, string | number | boolean>>;

/** The definition with its file's name and Kafka's own form of settings: text. */
export function toStream(file: string, document: DefinitionDocument): StreamDefinition {
  const { feed, topic, table, sink } = document;
  const adapter = feed && toAdapter(feed);
  return {
    ...document,
    file,
    feed: feed === undefined || adapter !== undefined ? undefined : toFeed(feed),
    adapter,
    topic: { ...topic, config: asText(topic.config) },
    table: { ...table, partition: table.partition && toPartition(table.partition) },
    sink: { ...sink, config: asText(sink.config) },
  };
}

const toPartition = ({ keep, ...partition }: PartitionDocument): PartitionDefinition => ({
  ...partition,
  keepDays: keep === undefined ? undefined : Number(keep.slice(0, -1)),
});

const asText = (settings: Settings): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)]));

/** What the schema cannot say about one definition. `root` is the project's folder. */
export function checkDefinition(root: string, file: YamlFile, document: DefinitionDocument): Problem[] {
  const { topic, sink, table, feed, schema } = document;
  const problems: Problem[] = [];
  const refuse = (path: Path, message: string) => problems.push(file.problemAt(path, message));
  if (sink.batchSize > sink.maxPollRecords) {
    const message = `sink.batchSize must be at most maxPollRecords (${sink.maxPollRecords}), not ${sink.batchSize}: a batch never holds more than one poll`;
    refuse(['sink', 'batchSize'], message);
  }
  if (sink.tasksMax > topic.partitions) {
    const message = `sink.tasksMax must be at most topic.partitions (${topic.partitions}), not ${sink.tasksMax}: the other tasks would be idle`;
    refuse(['sink', 'tasksMax'], message);
  }
  for (const key of Object.keys(topic.config)) {
    if (!isSecretName(key)) continue;
    const message = `"${key}" is no topic setting; secrets belong to connect.yaml, as references`;
    problems.push(file.problemAtKey(['topic', 'config', key], message));
  }
  for (const key of Object.keys(sink.config)) {
    const place = decidedElsewhere(key);
    if (place !== undefined) {
      problems.push(file.problemAtKey(['sink', 'config', key], `"${key}" is not set here; it comes from ${place}`));
    }
  }
  if (/compact/.test(String(topic.config['cleanup.policy'] ?? ''))) {
    const key = ['topic', 'config', 'cleanup.policy'];
    refuse(key, `${key.join('.')} must be delete: compaction would drop updates of a position from the history`);
  }
  if (table.current !== undefined && table.current.view === table.name) {
    refuse(['table', 'current', 'view'], 'table.current.view must be a view of its own, not the table');
  }
  if (table.partition !== undefined && !table.key.includes(table.partition.by)) {
    const message = `table.key must hold ${table.partition.by}, the column that the table is partitioned by: PostgreSQL has no unique index without it`;
    refuse(['table', 'key'], message);
  }
  if (feed !== undefined) problems.push(...checkFeed(file, feed), ...checkOrdinal(file, feed, table.current));
  for (const [path, relative, ending, kind] of [
    [['feed', 'proto'], feed?.proto, /\.proto$/, 'a .proto file'],
    [['feed', 'adapter'], feed?.adapter, /\.m?js$/, 'a module: .mjs or .js'],
    [['schema'], schema, /\.avsc$/, 'a .avsc file'],
  ] as const) {
    if (relative === undefined) continue;
    if (!ending.test(relative)) refuse(path, `${path.join('.')} must be ${kind}`);
    else if (!existsSync(join(root, relative))) refuse(path, `file ${relative} does not exist in the project`);
  }
  return problems;
}

/** A definition beside the file it came from, for checks over several of them. */
export interface DefinedStream {
  readonly file: YamlFile;
  readonly stream: StreamDefinition;
}

/**
 * Names that two definitions both claim: each stream, derived topic, table and connector is one's own. Several may read one topic
 * if they agree on what it is.
 */
export function checkAcross(streams: readonly DefinedStream[]): Problem[] {
  const problems: Problem[] = [];
  const claimed = new Map<string, string>();
  const readers = new Map<string, readonly StreamDefinition[]>();
  const claim = (kind: string, name: string, { file, stream }: DefinedStream, path: Path) => {
    const owner = claimed.get(`${kind} ${name}`);
    if (owner === undefined) claimed.set(`${kind} ${name}`, stream.file);
    else problems.push(file.problemAt(path, `${kind} "${name}" is already taken by ${owner}; choose another`));
  };
  for (const defined of streams) {
    const { stream } = defined;
    claim('stream name', stream.name, defined, ['name']);
    const { data, ...own } = streamTopics(stream);
    const others = readers.get(data) ?? [];
    readers.set(data, [...others, stream]);
    if (others.length === 0) claim('topic', data, defined, ['topic', 'name']);
    problems.push(...checkSharedTopic(others, defined));
    if (!isNamedAlike(others, stream)) {
      const path = ['topic', stream.topic.derived === undefined ? 'name' : 'derived'];
      for (const topic of Object.values(own)) claim('topic', topic, defined, path);
    }
    claim('table', stream.table.name, defined, ['table', 'name']);
    claim('connector', stream.sink.name, defined, ['sink', 'name']);
  }
  return problems;
}

/** What a definition has to share with the others of its topic, and what it may not. */
function checkSharedTopic(others: readonly StreamDefinition[], { file, stream }: DefinedStream): Problem[] {
  const [first] = others;
  if (first === undefined) return [];
  const problems: Problem[] = [];
  const { topic, schema } = stream;
  if (isNamedAlike(others, stream)) {
    const message = `topic "${topic.name}" is read by ${first.file} too: give one of the two topic.derived, a name for its own dead letter and checkpoint topics`;
    problems.push(file.problemAt(['topic', 'name'], message));
  }
  const shared = [
    [['topic', 'partitions'], topic.partitions, first.topic.partitions],
    [['topic', 'key'], topic.key, first.topic.key],
    [['topic', 'config'], settingsText(topic.config), settingsText(first.topic.config)],
    [['schema'], schema, first.schema],
  ] as const;
  for (const [path, ours, theirs] of shared) {
    if (ours === theirs) continue;
    const message = `${path.join('.')} must be as in ${first.file}, which reads the same topic: ${theirs}`;
    problems.push(file.problemAt(path, message));
  }
  const reader = others.find(isFed);
  if (reader !== undefined && isFed(stream)) {
    const message = `${reader.file} reads the feed of topic "${topic.name}": two would write each update twice; leave out feed here`;
    problems.push(file.problemAt(['feed'], message));
  }
  return problems;
}

/** Whether its derived topics would be those of another definition of its topic, because neither names its own. */
const isNamedAlike = (others: readonly StreamDefinition[], { topic }: StreamDefinition): boolean =>
  topic.derived === undefined && others.some((other) => other.topic.derived === undefined);

const isFed = ({ feed, adapter }: StreamDefinition): boolean => feed !== undefined || adapter !== undefined;

const settingsText = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}: ${value}`)
    .sort()
    .join(', ') || 'none';
