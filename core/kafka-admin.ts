import kafkajs, { type Admin, type ConfigResourceTypes } from 'kafkajs';
import { answered, missingRight, withRight } from './kafka-rights.ts';
import { retry, waitFor } from './retry.ts';

/** Offsets of one partition when it was looked at: records stand in [low, high). */
export interface PartitionRange {
  readonly partition: number;
  readonly low: bigint;
  readonly high: bigint;
}

/** Who has one partition. */
export interface PartitionPlacement {
  /** Node id; undefined while the partition has no leader. */
  readonly leader: number | undefined;
  /** Copies, in sync or not. */
  readonly replicas: number;
}

/** A topic to be created. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** Default: the cluster's own. */
  readonly replicationFactor?: number | undefined;
  readonly config?: Readonly<Record<string, string>> | undefined;
}

/**
 * A Kafka cluster's administration, as far as this package needs it. No question creates a topic that is not there.
 * Errors: REFUSED where the login lacks a right; otherwise those of the client, as it throws them.
 */
export interface KafkaAdmin {
  /** Kafka leaves out topics that the login may not see. */
  listTopics(): Promise<ReadonlySet<string>>;
  /** Of topics that are not listed. Errors: REFUSED when one may be there, and the login may not see it. */
  requireVisible(topics: readonly string[]): Promise<void>;
  /** Of topics that exist: their partitions in order. */
  placements(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionPlacement[]>>;
  /** Of topics that exist: their settings, the defaults too. */
  topicSettings(topics: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>>;
  /** Resolves once every partition has a leader; false when the topic is there already. Errors: TIMEOUT. */
  createTopic(topic: NewTopic): Promise<boolean>;
  /** Adds partitions until there are so many, and resolves once each has a leader. Errors: TIMEOUT. */
  growTopic(topic: string, partitions: number): Promise<void>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  /** The offsets of each partition, in order; undefined when the topic does not exist. */
  ranges(topic: string): Promise<PartitionRange[] | undefined>;
  /** The same of a topic that exists, without asking whether it does. */
  rangesOf(topic: string): Promise<PartitionRange[]>;
  /** By partition, the first record at or after a time; where there is none, the partition's end. */
  offsetsAt(topic: string, time: Date): Promise<ReadonlyMap<number, bigint>>;
  /** By partition, the next offset of a group, where it has committed one. */
  committedOffsets(group: string, topic: string): Promise<ReadonlyMap<number, bigint>>;
  /** Of a group without members. */
  commitOffsets(group: string, topic: string, offsets: ReadonlyMap<number, bigint>): Promise<void>;
  deleteGroup(group: string): Promise<void>;
  /** Ids of a group's members. */
  groupMembers(group: string): Promise<ReadonlySet<string>>;
  /** The partitions of a topic that a group's members have between them. */
  assignedPartitions(group: string, topic: string): Promise<ReadonlySet<number>>;
  /** Node ids. */
  brokers(): Promise<readonly number[]>;
  /** Undefined when this broker does not have it. */
  brokerSetting(broker: number, name: string): Promise<string | undefined>;
}

/** Of Kafka's kinds of resources; kafkajs exports them in a way that Node does not see from an ES module. */
const TOPIC: ConfigResourceTypes = 2;
const BROKER: ConfigResourceTypes = 4;

/** A cluster elects leaders in milliseconds, one that is busy in seconds. */
const LEADERS_TIMEOUT_MS = 30_000;

/** A broker that leads a partition according to the cluster may not have heard of it yet, and one that led it may be gone. */
const isWithoutLeader = (error: unknown): boolean =>
  ['NOT_LEADER_FOR_PARTITION', 'LEADER_NOT_AVAILABLE'].includes((error as { type?: string }).type ?? '');

/** Asks the leaders of a topic's partitions, again while leadership moves: for about six seconds. */
const askLeaders = <T>(question: () => Promise<T>): Promise<T> =>
  retry(question, { attempts: 7, baseMs: 100, maxMs: 2_000, when: isWithoutLeader });

/** The port over an admin client that is connected. */
export function kafkaAdmin(client: Admin): KafkaAdmin {
  const placements: KafkaAdmin['placements'] = async (names) => {
    if (names.length === 0) return new Map();
    const { topics } = await withRight(`see ${listed(names)}`, client.fetchTopicMetadata({ topics: [...names] }));
    return new Map(
      topics.map(({ name, partitions }) => [
        name,
        partitions
          .toSorted((a, b) => a.partitionId - b.partitionId)
          .map(
            ({ leader, replicas }): PartitionPlacement => ({
              leader: leader < 0 ? undefined : leader,
              replicas: replicas.length,
            }),
          ),
      ]),
    );
  };
  const listTopics = async () => new Set(await client.listTopics());
  const rangesOf: KafkaAdmin['rangesOf'] = async (topic) =>
    (await askLeaders(() => client.fetchTopicOffsets(topic)))
      .map(({ partition, low, high }) => ({ partition, low: BigInt(low), high: BigInt(high) }))
      .sort((a, b) => a.partition - b.partition);
  const leadersOf = (name: string, partitions: number) =>
    waitFor(
      async () => {
        const led = (await placements([name])).get(name)?.filter(({ leader }) => leader !== undefined) ?? [];
        return led.length === partitions;
      },
      { what: `topic ${name} to have its leaders`, timeoutMs: LEADERS_TIMEOUT_MS },
    );
  const requireVisible: KafkaAdmin['requireVisible'] = async (names) => {
    for (const name of names) {
      await placements([name]).catch((error: unknown) => {
        if (missingRight(error) !== undefined) throw error;
      });
    }
  };
  return {
    listTopics,
    requireVisible,
    placements,
    async topicSettings(names) {
      if (names.length === 0) return new Map();
      const resources = names.map((name) => ({ type: TOPIC, name }));
      const asked = client.describeConfigs({ includeSynonyms: false, resources });
      const described = await withRight(`see the settings of ${listed(names)}`, asked);
      return new Map(
        described.resources.map(({ resourceName, configEntries }) => [
          resourceName,
          Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
        ]),
      );
    },
    async createTopic({ name, partitions, replicationFactor = -1, config = {} }) {
      const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
      const topics = [{ topic: name, numPartitions: partitions, replicationFactor, configEntries }];
      // Not kafkajs's own wait for leaders: it gives up when the cluster has not yet told every broker of the topic.
      const made = client.createTopics({ topics, waitForLeaders: false }).catch(throwInner);
      const isNew = await withRight(`create topic ${name}`, made);
      return isNew && leadersOf(name, partitions);
    },
    async growTopic(topic, count) {
      const grown = client.createPartitions({ topicPartitions: [{ topic, count }] });
      await withRight(`add partitions to topic ${topic}`, grown);
      await leadersOf(topic, count);
    },
    deleteTopics: (topics) => client.deleteTopics({ topics: [...topics] }),
    rangesOf,
    async ranges(topic) {
      if ((await listTopics()).has(topic)) return rangesOf(topic);
      await requireVisible([topic]);
      return undefined;
    },
    offsetsAt: async (topic, time) =>
      byPartition(await askLeaders(() => client.fetchTopicOffsetsByTimestamp(topic, time.getTime()))),
    async committedOffsets(groupId, topic) {
      const asked = client.fetchOffsets({ groupId, topics: [topic] });
      const [found] = await withRight(`see the offsets of group ${groupId}`, asked);
      // Kafka says -1 for none.
      return byPartition(found?.partitions.filter(({ offset }) => !offset.startsWith('-')) ?? []);
    },
    async commitOffsets(groupId, topic, offsets) {
      const partitions = [...offsets].map(([partition, offset]) => ({ partition, offset: offset.toString() }));
      const what = `set offsets of group ${groupId}`;
      await withRight(what, answered(what, client.setOffsets({ groupId, topic, partitions })));
    },
    async deleteGroup(group) {
      await withRight(`delete group ${group}`, client.deleteGroups([group]).catch(throwInner));
    },
    async groupMembers(group) {
      const { groups } = await client.describeGroups([group]);
      return new Set(groups.flatMap(({ members }) => members.map(({ memberId }) => memberId)));
    },
    async assignedPartitions(group, topic) {
      const { groups } = await client.describeGroups([group]);
      const members = groups.flatMap((one) => one.members);
      return new Set(members.flatMap(({ memberAssignment }) => partitionsOf(memberAssignment, topic)));
    },
    brokers: async () => (await client.describeCluster()).brokers.map(({ nodeId }) => nodeId),
    async brokerSetting(broker, name) {
      const resource = { type: BROKER, name: String(broker), configNames: [name] };
      const asked = client.describeConfigs({ includeSynonyms: false, resources: [resource] });
      const { resources } = await withRight('see the settings of the brokers', asked);
      return resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue;
    },
  };
}

const listed = (topics: readonly string[]): string =>
  `${topics.length === 1 ? 'topic' : 'topics'} ${topics.join(', ')}`;

const byPartition = (entries: readonly { partition: number; offset: string }[]): Map<number, bigint> =>
  new Map(entries.map(({ partition, offset }) => [partition, BigInt(offset)]));

/** kafkajs wraps the broker's answers, one for each topic or group, in an aggregate. */
function throwInner(error: unknown): never {
  const { errors, groups } = error as { errors?: unknown[]; groups?: { error?: unknown }[] };
  throw errors?.[0] ?? groups?.[0]?.error ?? error;
}

/** A member that has just joined has no assignment yet. */
function partitionsOf(assignment: Buffer, topic: string): number[] {
  if (assignment.length === 0) return [];
  return kafkajs.AssignerProtocol.MemberAssignment.decode(assignment)?.assignment[topic] ?? [];
}
