import { deadLetterTopic, sinkGroup } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import type { SinkConfig } from '../../sink-config.ts';
import {
  type Arns,
  allow,
  arnsOf,
  MSK_CONNECT_SERVICE,
  type MskEnvironment,
  type PolicyDocument,
  policy,
  type Statements,
} from './policy.ts';
import { type ProviderResource, providerResources } from './provider-resources.ts';

/** A stream and its sink's rendered configuration. */
export interface PolicySink {
  readonly stream: StreamDefinition;
  readonly config: SinkConfig;
}

/** Topics and groups that MSK Connect keeps for itself in the cluster. */
const INTERNAL = '__amazon_msk_connect_*';

/** What the service execution role may do: no topic, group or secret beyond those that the definitions name. */
export function workerPolicies(environment: MskEnvironment, sinks: readonly PolicySink[]) {
  const arns = arnsOf(environment);
  const values = [
    ...sinks.flatMap(({ config }) => Object.values(config)),
    ...Object.values(environment.connect.workerConfiguration).map(String),
  ];
  const resources = providerResources(environment, arns, values);
  const of = (kind: ProviderResource['kind']) => resources.filter((one) => one.kind === kind).map(({ name }) => name);
  const permissions = policy([
    ...(environment.connect.authentication === 'iam' ? kafkaStatements(arns, sinks) : []),
    allow('ReadSecrets', 'secretsmanager', ['GetSecretValue'], of('secret')),
    allow('ReadParameters', 'ssm', ['GetParameter'], of('parameter')),
    allow('ReadImportedFiles', 's3', ['GetObject'], of('object')),
  ]);
  const unknown = [...new Set(of('unknown'))].sort();
  /** What the policies do not cover, for people. */
  const notes = unknown.map((provider) => `what config provider "${provider}" reads is not known; add it to the role`);
  return { trust: trustOf(arns, sinks), permissions, notes };
}

/** Who may take the role: MSK Connect, for these connectors of this account. */
function trustOf(arns: Arns, sinks: readonly PolicySink[]): PolicyDocument {
  const connectors = sinks.map(({ stream }) => arns.of('kafkaconnect', `connector/${stream.sink.name}/*`)).sort();
  return policy([
    {
      Sid: 'AssumedByMskConnect',
      Effect: 'Allow',
      Principal: { Service: MSK_CONNECT_SERVICE },
      Action: ['sts:AssumeRole'],
      Condition: {
        StringEquals: { 'aws:SourceAccount': arns.account },
        ArnLike: { 'aws:SourceArn': connectors },
      },
    },
  ]);
}

function kafkaStatements(arns: Arns, sinks: readonly PolicySink[]): Statements {
  const topics = sinks.map(({ stream }) => arns.topic(stream.topic.name));
  const deadLetters = sinks
    .filter(({ stream }) => stream.sink.onUndecodable === 'dlq')
    .map(({ stream }) => arns.topic(deadLetterTopic(stream)));
  const groups = sinks.map(({ stream }) => arns.group(sinkGroup(stream)));
  const service = 'kafka-cluster';
  const read = ['DescribeTopic', 'ReadData'];
  const write = ['CreateTopic', 'WriteData'];
  return [
    allow('ConnectToCluster', service, ['Connect', 'DescribeCluster'], [arns.cluster]),
    allow('ReadStreams', service, read, topics),
    allow('WriteDeadLetters', service, ['DescribeTopic', ...write], deadLetters),
    allow('KeepConnectorState', service, [...read, ...write], [arns.topic(INTERNAL)]),
    allow('JoinGroups', service, ['AlterGroup', 'DescribeGroup'], [arns.group(INTERNAL), ...groups]),
  ];
}
