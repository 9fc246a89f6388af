import { ConnectError } from '../core/errors.ts';
import type { KafkaAdmin } from '../core/kafka-admin.ts';
import { streamTopics } from '../pipeline/names.ts';
import type { StreamDefinition } from '../pipeline/types.ts';

/** A topic as the stream needs it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
  /** The records have keys whose order counts; true of the data topic alone. */
  readonly keyed?: true | undefined;
}

/** A topic as it is. */
export interface ObservedTopic {
  readonly partitions: number;
  /** Copies of the partition that has the fewest. */
  readonly replicas: number;
  readonly config: Readonly<Record<string, string>>;
}

/** What of Kafka's administration is about topics alone. */
export type TopicAdmin = Pick<KafkaAdmin, 'listTopics' | 'placements' | 'topicSettings' | 'createTopic' | 'growTopic'>;

/** What became of one topic. Differences are reported, not changed. */
export interface TopicOutcome {
  readonly name: string;
  readonly outcome: 'created' | 'grown' | 'unchanged' | 'differs';
  readonly differences: readonly string[];
}

/** Of refused updates, so that a wrong feed does not fill the brokers' disks. */
export const REJECTED_BYTES = 10 * 2 ** 30;

/** The topics of a stream. Copies of a partition beyond two are only worth something when a write waits for two of them. */
export function topicSpecs(stream: StreamDefinition, replicationFactor: number): TopicSpec[] {
  const durable: Record<string, string> = replicationFactor >= 3 ? { 'min.insync.replicas': '2' } : {};
  const { partitions, config } = stream.topic;
  const { data, rejected, deadLetter, checkpoint } = streamTopics(stream);
  // What the database refused is kept until someone has dealt with it; of what a feed sends wrong, which may be all of it, so much.
  const kept = { ...durable, 'cleanup.policy': 'delete', 'retention.ms': '-1' };
  // Kafka compacts no segment that it still writes to: with its default of a week, whoever reads the topic would read a week.
  const compacted = { ...durable, 'cleanup.policy': 'compact', 'segment.ms': '3600000' };
  return [
    { name: data, keyed: true, partitions, config: { ...durable, ...config } },
    { name: rejected, partitions: 1, config: { ...kept, 'retention.bytes': String(REJECTED_BYTES) } },
    { name: deadLetter, partitions: 1, config: kept },
    { name: checkpoint, partitions: 1, config: compacted },
  ];
}

/**
 * Creates the stream's topics that are missing: none is left to the broker, which would create it with its own defaults.
 * `grow`: partitions are added where the definition says more, which moves keys to other partitions.
 * Errors: UNSAFE when a topic has another number of partitions than the definition otherwise; REFUSED when the cluster won't create one.
 */
export async function ensureTopics(
  admin: TopicAdmin,
  stream: StreamDefinition,
  replicationFactor: number,
  { grow = false }: { readonly grow?: boolean } = {},
): Promise<TopicOutcome[]> {
  const specs = topicSpecs(stream, replicationFactor);
  const present = await admin.listTopics();
  const absent = specs.filter(({ name }) => !present.has(name));
  // Side by side: MSK's own calls take a minute each.
  const made = await Promise.all(absent.map((spec) => createTopic(admin, spec, replicationFactor)));
  const created = new Set(absent.filter((_spec, index) => made[index]).map(({ name }) => name));
  const names = specs.map(({ name }) => name).filter((name) => !created.has(name));
  const observed = await observeTopics(admin, names);
  const outcomes: TopicOutcome[] = [];
  for (const spec of specs) {
    const live = observed[spec.name];
    if (live === undefined) {
      outcomes.push({ name: spec.name, outcome: 'created', differences: [] });
      continue;
    }
    const grown = await growTopic(admin, spec, live, grow);
    const differences = topicDifferences(spec, live, replicationFactor);
    const outcome = grown ? 'grown' : differences.length > 0 ? 'differs' : 'unchanged';
    outcomes.push({ name: spec.name, outcome, differences });
  }
  return outcomes;
}

/** False when someone else has just created it. Errors: REFUSED, TIMEOUT. */
async function createTopic(admin: TopicAdmin, spec: TopicSpec, replicationFactor: number): Promise<boolean> {
  try {
    return await admin.createTopic({ ...spec, replicationFactor });
  } catch (error) {
    if (error instanceof ConnectError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConnectError('REFUSED', `Kafka did not create topic ${spec.name}: ${reason}`, {
      cause: error,
      details: { topic: spec.name },
      hint: /replication/i.test(reason)
        ? `kafka.replicationFactor is ${replicationFactor}; the cluster needs at least as many brokers`
        : undefined,
    });
  }
}

/** The topics of these names that exist, by name. */
export async function observeTopics(
  admin: Pick<TopicAdmin, 'listTopics' | 'placements' | 'topicSettings'>,
  names: readonly string[],
): Promise<Record<string, ObservedTopic>> {
  // Asking for a topic that is not there could create it.
  const present = await admin.listTopics();
  const existing = names.filter((name) => present.has(name));
  const [placements, settings] = await Promise.all([admin.placements(existing), admin.topicSettings(existing)]);
  return Object.fromEntries(
    existing.map((name) => {
      const partitions = placements.get(name) ?? [];
      const replicas = Math.min(...partitions.map((placement) => placement.replicas));
      return [name, { partitions: partitions.length, replicas, config: settings.get(name) ?? {} }];
    }),
  );
}

/** How a topic differs from what the stream needs, partitions aside. */
export function topicDifferences(spec: TopicSpec, live: ObservedTopic, replicationFactor: number): string[] {
  const found = Object.entries(spec.config)
    .filter(([key, value]) => live.config[key] !== value)
    .map(([key, value]) => `${key} is ${live.config[key] ?? 'unset'}, the definition says ${value}`);
  if (live.replicas < replicationFactor) {
    found.push(`replication factor is ${live.replicas}, the environment says ${replicationFactor}`);
  }
  return found;
}

/** False when it has as many partitions as the definition says; grows it when that was asked for. */
async function growTopic(admin: TopicAdmin, spec: TopicSpec, live: ObservedTopic, grow: boolean): Promise<boolean> {
  const { name, partitions: defined } = spec;
  const { partitions } = live;
  if (partitions === defined) return false;
  if (grow && partitions < defined) {
    await admin.growTopic(name, defined);
    return true;
  }
  const why =
    partitions > defined
      ? 'Kafka cannot take partitions away'
      : 'more partitions would move keys and break their order across the change, which --grow-topics accepts';
  throw new ConnectError('UNSAFE', `topic ${name} has ${partitions} partitions, the definition says ${defined}`, {
    details: { topic: name, live: partitions, defined },
    hint: `set topic.partitions to ${partitions}: ${why}`,
  });
}
