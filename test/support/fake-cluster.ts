import type { Admin } from 'kafkajs';

/** A topic of a cluster that exists in the test alone. */
export interface FakeTopic {
  /** Where its records stand, one [low, end) for each partition. */
  readonly ranges: readonly (readonly [low: bigint, end: bigint])[];
  readonly replicas?: number;
  readonly config?: Readonly<Record<string, string>>;
}

/** An admin client that reads these topics, and the offsets that a group has committed in each; -1 for none. */
export function fakeCluster(topics: Readonly<Record<string, FakeTopic>>, committed: readonly bigint[] = []): Admin {
  const topicOf = (name: string): FakeTopic => {
    const topic = topics[name];
    if (topic === undefined) throw new Error(`asked for topic ${name}, which does not exist`);
    return topic;
  };
  const admin: Pick<
    Admin,
    'listTopics' | 'fetchTopicOffsets' | 'fetchOffsets' | 'fetchTopicMetadata' | 'describeConfigs'
  > = {
    listTopics: async () => Object.keys(topics),
    fetchTopicOffsets: async (name) =>
      topicOf(name).ranges.map(([low, end], partition) => ({
        partition,
        offset: end.toString(),
        low: low.toString(),
        high: end.toString(),
      })),
    fetchOffsets: async ({ topics: names = [] }) =>
      names.map((topic) => ({
        topic,
        partitions: topicOf(topic).ranges.map((_range, partition) => ({
          partition,
          offset: (committed[partition] ?? -1n).toString(),
          metadata: null,
        })),
      })),
    fetchTopicMetadata: async (options) => ({
      topics: (options?.topics ?? []).map((name) => {
        const { ranges, replicas = 1 } = topicOf(name);
        const nodes = Array.from({ length: replicas }, (_, node) => node);
        const partitions = ranges.map((_range, partitionId) => ({
          partitionErrorCode: 0,
          partitionId,
          leader: 0,
          replicas: nodes,
          isr: nodes,
        }));
        return { name, partitions };
      }),
    }),
    describeConfigs: async ({ resources }) => ({
      throttleTime: 0,
      resources: resources.map(({ name }) => ({
        resourceName: name,
        resourceType: 2,
        errorCode: 0,
        errorMessage: '',
        configEntries: Object.entries(topicOf(name).config ?? {}).map(([configName, configValue]) => ({
          configName,
          configValue,
          readOnly: false,
          isDefault: false,
          configSource: 1,
          isSensitive: false,
          configSynonyms: [],
        })),
      })),
    }),
  };
  return admin as Admin;
}
