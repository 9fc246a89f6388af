import { Refusal } from './fake-rules.ts';
import { fromWire, type Json, type SdkOperation, sdkProblems, toWire } from './sdk-contract.ts';

interface FakeTopic {
  partitions: number;
  readonly replicationFactor: number;
  /** Base64. */
  readonly configs: string;
  /** Looks until it is told of, or as it is now: MSK answers up to a minute late. */
  late: number;
}

export type FakeTopics = ReturnType<typeof createFakeTopics>;

const BROKERS = 3;
const CLUSTER_ARN = /^arn:aws:kafka:[a-z0-9-]+:\d{12}:cluster\/([^/]+\/[^/]+)$/;

/** MSK's own operations about topics, by the SDK's names. */
export function createFakeTopics() {
  const topics = new Map<string, FakeTopic>();
  /** How many looks a change takes to be told of. `refuse`: every call is answered so. */
  const faults: { late: number; refuse?: string } = { late: 0 };

  const found = (name: string): FakeTopic => {
    const topic = topics.get(name);
    if (topic === undefined || topic.late-- > 0) throw new Refusal(404, 'NotFoundException', `no topic ${name}`);
    return topic;
  };
  const invalid = (message: string) => new Refusal(400, 'BadRequestException', message);

  const handlers: Record<string, (input: Json) => Json> = {
    ListTopics({ ClusterArn, MaxResults = 100, NextToken = '0' }) {
      const start = Number(NextToken);
      const known = [...topics].filter(([, { late }]) => late <= 0);
      const page = known.slice(start, start + MaxResults).map(([TopicName, topic]) => ({
        TopicArn: arnOf(ClusterArn, TopicName),
        TopicName,
        ReplicationFactor: topic.replicationFactor,
        PartitionCount: topic.partitions,
        OutOfSyncReplicaCount: 0,
      }));
      return { Topics: page, ...(known.length > start + MaxResults ? { NextToken: String(start + MaxResults) } : {}) };
    },
    DescribeTopic({ ClusterArn, TopicName }) {
      const { partitions, replicationFactor, configs } = found(TopicName);
      return {
        TopicArn: arnOf(ClusterArn, TopicName),
        TopicName,
        ReplicationFactor: replicationFactor,
        PartitionCount: partitions,
        Configs: configs,
        Status: 'ACTIVE',
      };
    },
    CreateTopic({ ClusterArn, TopicName, PartitionCount, ReplicationFactor, Configs = '' }) {
      if (topics.has(TopicName)) throw new Refusal(409, 'TopicExistsException', `topic ${TopicName} already exists`);
      if (Configs !== '') JSON.parse(Buffer.from(Configs, 'base64').toString('utf8'));
      if (PartitionCount < 1) throw invalid('partitionCount is at least 1');
      if (ReplicationFactor > BROKERS)
        throw invalid(`replication factor ${ReplicationFactor} is more than ${BROKERS} brokers`);
      topics.set(TopicName, {
        partitions: PartitionCount,
        replicationFactor: ReplicationFactor,
        configs: Configs,
        late: faults.late,
      });
      return { TopicArn: arnOf(ClusterArn, TopicName), TopicName, Status: 'CREATING' };
    },
    UpdateTopic({ ClusterArn, TopicName, PartitionCount }) {
      const topic = found(TopicName);
      if (PartitionCount <= topic.partitions) throw invalid('partitionCount can only grow');
      topic.partitions = PartitionCount;
      return { TopicArn: arnOf(ClusterArn, TopicName), TopicName, Status: 'UPDATING' };
    },
  };

  return {
    topics,
    faults,
    /** Answers a request, or refuses it; what it is given and what it answers passes the SDK's schemas. */
    answer(operation: SdkOperation, wire: Json): Json {
      if (faults.refuse !== undefined) throw invalid(faults.refuse);
      const input = fromWire(operation.input, wire) as Json;
      const problems = sdkProblems(operation.input, input);
      if (problems.length > 0) throw invalid(problems.join('; '));
      const handler = handlers[operation.name];
      if (handler === undefined) throw new Error(`the fake does not know ${operation.name}`);
      const answer = handler(input);
      const wrong = sdkProblems(operation.output, answer);
      if (wrong.length > 0) throw new Error(`the fake's answer to ${operation.name}: ${wrong.join('; ')}`);
      return toWire(operation.output, answer) as Json;
    },
  };
}

export const isTopicPath = (path: string): boolean => /\/topics(\/|$)/.test(path.split('?')[0] ?? '');

const arnOf = (cluster: string, topic: string): string =>
  cluster.replace(CLUSTER_ARN, (all, own: string) => all.replace(`cluster/${own}`, `topic/${own}/${topic}`));
