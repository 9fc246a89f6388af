import type { KafkaAdmin } from '../../core/kafka-admin.ts';

/** A topic of a cluster that exists in the test alone. */
export interface FakeTopic {
  /** Where its records stand, one [low, end) for each partition. */
  readonly ranges: readonly (readonly [low: bigint, end: bigint])[];
  readonly replicas?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** A cluster of these topics, and the offsets that a group has committed in each; -1 for none. It only answers questions. */
export function fakeCluster(
  topics: Readonly<Record<string, FakeTopic>>,
  committed: readonly bigint[] = [],
): KafkaAdmin {
  const topicOf = (name: string): FakeTopic => {
    const topic = topics[name];
    if (topic === undefined) throw new Error(`asked for topic ${name}, which does not exist`);
    return topic;
  };
  const ofEach = <T>(names: readonly string[], answer: (topic: FakeTopic) => T): Map<string, T> =>
    new Map(names.map((name) => [name, answer(topicOf(name))]));
  const admin: Pick<KafkaAdmin, 'listTopics' | 'ranges' | 'committedOffsets' | 'placements' | 'topicSettings'> = {
    listTopics: async () => new Set(Object.keys(topics)),
    ranges: async (name) => topics[name]?.ranges.map(([low, high], partition) => ({ partition, low, high })),
    committedOffsets: async (_group, topic) => {
      topicOf(topic);
      return new Map([...committed.entries()].filter(([, offset]) => offset >= 0n));
    },
    placements: async (names) =>
      ofEach(names, ({ ranges, replicas = 1 }) => ranges.map(() => ({ leader: 0, replicas }))),
    topicSettings: async (names) => ofEach(names, ({ config = {} }) => config),
  };
  return admin as KafkaAdmin;
}
