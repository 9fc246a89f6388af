import type { Admin, ConfigResourceTypes } from 'kafkajs';
import { ConnectError } from '../core/errors.ts';
import { checkpointTopic, deadLetterTopic, rejectedTopic } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** A topic as the stream needs it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

/** What became of one topic. Differences are told, not changed. */
export interface TopicOutcome {
  readonly name: string;
  readonly outcome: 'created' | 'unchanged' | 'differs';
  readonly differences: readonly string[];
}

/** The topics of a stream. Copies of a partition beyond two are only worth something when a write waits for two of them. */
export function topicSpecs(stream: StreamDefinition, replicationFactor: number): TopicSpec[] {
  const durable: Record<string, string> = replicationFactor >= 3 ? { 'min.insync.replicas': '2' } : {};
  const { name, partitions, config } = stream.topic;
  // What was refused is kept until someone has dealt with it.
  const kept = { ...durable, 'cleanup.policy': 'delete', 'retention.ms': '-1' };
  return [
    { name, partitions, config: { ...durable, ...config } },
    { name: rejectedTopic(stream), partitions: 1, config: kept },
    { name: deadLetterTopic(stream), partitions: 1, config: kept },
    { name: checkpointTopic(stream), partitions: 1, config: { ...durable, 'cleanup.policy': 'compact' } },
  ];
}

/**
 * Creates the stream's topics that are missing: none is left to the broker, which would create it with its own defaults.
 * Errors: UNSAFE when the data topic has another number of partitions than the definition; REFUSED when the cluster won't create one.
 */
export async function ensureTopics(
  admin: Admin,
  stream: StreamDefinition,
  replicationFactor: number,
): Promise<TopicOutcome[]> {
  const specs = topicSpecs(stream, replicationFactor);
  const present = new Set(await admin.listTopics());
  const missing = specs.filter(({ name }) => !present.has(name));
  const created = new Set<string>();
  for (const spec of missing) if (await createTopic(admin, spec, replicationFactor)) created.add(spec.name);
  const existing = specs.filter(({ name }) => !created.has(name));
  const differences =
    existing.length === 0 ? new Map<string, string[]>() : await compare(admin, existing, replicationFactor);
  return specs.map(({ name }) => {
    const found = differences.get(name) ?? [];
    return {
      name,
      outcome: created.has(name) ? 'created' : found.length > 0 ? 'differs' : 'unchanged',
      differences: found,
    };
  });
}

/** False when someone else has just created it. */
async function createTopic(admin: Admin, spec: TopicSpec, replicationFactor: number): Promise<boolean> {
  const configEntries = Object.entries(spec.config).map(([name, value]) => ({ name, value }));
  const topics = [{ topic: spec.name, numPartitions: spec.partitions, replicationFactor, configEntries }];
  try {
    return await admin.createTopics({ topics, waitForLeaders: true });
  } catch (error) {
    const reason = reasonOf(error);
    throw new ConnectError('REFUSED', `Kafka did not create topic ${spec.name}: ${reason}`, {
      cause: error,
      details: { topic: spec.name },
      ...(/replication/i.test(reason)
        ? { hint: `kafka.replicationFactor is ${replicationFactor}; the cluster needs at least as many brokers` }
        : {}),
    });
  }
}

// kafkajs wraps the broker's answers, one for each topic, in an aggregate.
function reasonOf(error: unknown): string {
  const inner = (error as { errors?: unknown[] }).errors?.[0] ?? error;
  return inner instanceof Error ? inner.message : String(inner);
}

/** `ConfigResourceTypes.TOPIC`, by Kafka's protocol: the enumeration itself would load kafkajs here. */
const TOPIC_RESOURCE: ConfigResourceTypes.TOPIC = 2;

async function compare(
  admin: Admin,
  specs: readonly TopicSpec[],
  replicationFactor: number,
): Promise<Map<string, string[]>> {
  const names = specs.map(({ name }) => name);
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: names.map((name) => ({ type: TOPIC_RESOURCE, name })),
  });
  const differences = new Map<string, string[]>();
  for (const spec of specs) {
    const partitions = topics.find((topic) => topic.name === spec.name)?.partitions ?? [];
    if (partitions.length !== spec.partitions) refusePartitions(spec, partitions.length);
    const entries = resources.find((resource) => resource.resourceName === spec.name)?.configEntries ?? [];
    const live = new Map(entries.map((entry) => [entry.configName, entry.configValue]));
    const found = Object.entries(spec.config)
      .filter(([key, value]) => live.get(key) !== value)
      .map(([key, value]) => `${key} is ${live.get(key) ?? 'unset'}, the definition says ${value}`);
    const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
    if (replicas < replicationFactor) {
      found.push(`replication factor is ${replicas}, the environment says ${replicationFactor}`);
    }
    differences.set(spec.name, found);
  }
  return differences;
}

function refusePartitions(spec: TopicSpec, live: number): never {
  throw new ConnectError(
    'UNSAFE',
    `topic ${spec.name} has ${live} partitions, the definition says ${spec.partitions}`,
    {
      details: { topic: spec.name, live, defined: spec.partitions },
      hint:
        live > spec.partitions
          ? `set topic.partitions to ${live}: Kafka cannot take partitions away`
          : `set topic.partitions to ${live}: more partitions would move keys and break their order across the change`,
    },
  );
}
