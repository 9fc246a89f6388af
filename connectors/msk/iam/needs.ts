import { clusterOf } from '../../../pipeline/kafka-settings.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
import { KAFKA_RESOURCES, type KafkaResource, type KafkaResourceKind } from '../../kafka-resources.ts';
import { type Arns, allow, arnsOf, type MskEnvironment, type PolicyStatement, type Statements } from './policy.ts';

/** What a policy is made for. */
export interface PolicyScope {
  readonly environment: MskEnvironment;
  readonly streams: readonly StreamDefinition[];
  readonly arns: Arns;
}

export const scopeOf = (environment: MskEnvironment, streams: readonly StreamDefinition[]): PolicyScope => ({
  environment,
  streams,
  arns: arnsOf(environment),
});

/** Plugins are named by their contents, not by a stream; so are their zips. */
const OWN_PLUGINS = 'perps-connect-*';

/** What actions are allowed on. Each kind is one statement of a policy. */
interface Kind {
  readonly service: string;
  readonly resources: (scope: PolicyScope) => readonly (string | undefined)[];
  readonly condition?: (scope: PolicyScope) => PolicyStatement['Condition'];
}

const ofSinks = (of: (name: string) => string): Kind => ({
  service: 'kafkaconnect',
  resources: ({ streams, arns }) => streams.map(({ sink }) => arns.of('kafkaconnect', of(sink.name))),
});

const inAccount = (...kinds: readonly string[]): Kind => ({
  service: 'kafkaconnect',
  resources: ({ arns }) => kinds.map((kind) => arns.of('kafkaconnect', `${kind}/*`)),
});

/** On a cluster that the command line logs in to by IAM; elsewhere Kafka's own ACLs allow it. */
const inKafka = (kind: KafkaResourceKind): Kind => ({
  service: 'kafka-cluster',
  resources: (scope) => (isIam(scope) ? arnsIn(scope, kind) : []),
});

const arnsIn = ({ streams, arns }: PolicyScope, kind: KafkaResourceKind): string[] =>
  KAFKA_RESOURCES[kind](streams).map(({ type, name, isPrefix }: KafkaResource) => {
    if (type === 'Cluster') return arns.cluster;
    return (type === 'Topic' ? arns.topic : arns.group)(isPrefix ? `${name}*` : name);
  });

const isIam = ({ environment: { kafka } }: PolicyScope): boolean => kafka.sasl?.mechanism === 'aws-iam';

const asksMsk = ({ environment }: PolicyScope): boolean =>
  environment.kafka.topicsBy !== 'brokers' && clusterOf(environment) !== undefined;

/** By the name of the statement, in the order of the policies. */
const KINDS = {
  /** Creating and listing know no resource to be narrowed to. */
  CreateAndList: { service: 'kafkaconnect', resources: () => ['*'] },
  RunConnectors: ofSinks((name) => `connector/${name}/*`),
  FollowOperations: ofSinks((name) => `connector-operation/${name}/*`),
  /** A connector that was made by hand refers to parts of any name. */
  SeeParts: inAccount('custom-plugin', 'worker-configuration'),
  /** `import` and `--prune` are about connectors that no definition names. */
  SeeOtherConnectors: inAccount('connector'),
  /** Their names are not known; the tags of the environment tell them from others. */
  PruneConnectors: {
    ...inAccount('connector'),
    condition: ({ environment: { connect } }) => {
      const tags = Object.entries(connect.tags).map(([tag, value]) => [`aws:ResourceTag/${tag}`, value]);
      return tags.length === 0 ? undefined : { StringEquals: Object.fromEntries(tags) };
    },
  },
  Tag: {
    service: 'kafkaconnect',
    resources: ({ streams, arns }) => [
      arns.of('kafkaconnect', `custom-plugin/${OWN_PLUGINS}/*`),
      ...streams.flatMap(({ sink: { name } }) => [
        arns.of('kafkaconnect', `connector/${name}/*`),
        arns.of('kafkaconnect', `worker-configuration/${name}-*/*`),
      ]),
    ],
  },
  /** What nothing uses any more, and a plugin whose creation has failed. */
  DeleteParts: {
    service: 'kafkaconnect',
    resources: ({ streams, arns }) => [
      arns.of('kafkaconnect', `custom-plugin/${OWN_PLUGINS}/*`),
      ...streams.map(({ sink: { name } }) => arns.of('kafkaconnect', `worker-configuration/${name}-*/*`)),
    ],
  },
  UploadPlugins: { service: 's3', resources: (scope) => zipsOf(scope) },
  /** Without it a zip that is not there yet is an object that we may not see. */
  SeePlugins: {
    service: 's3',
    resources: ({ environment: { connect }, arns }) =>
      'arn' in connect.plugin ? [] : [arns.s3(connect.plugin.bucket)],
  },
  ReadTraces: {
    service: 'logs',
    resources: ({ environment: { connect }, arns }) => {
      const { cloudWatch } = connect.logs;
      return [cloudWatch && arns.of('logs', `log-group:${cloudWatch.logGroup}:*`)];
    },
  },
  FindBrokers: {
    service: 'kafka',
    resources: ({ environment: { connect, kafka } }) => [connect.cluster, kafka.cluster],
  },
  /** MSK's own calls for topics, where the brokers are out of reach or `kafka.topicsBy` is `aws`. */
  MskTopics: {
    service: 'kafka',
    resources: (scope) => (asksMsk(scope) ? [scope.arns.cluster, ...arnsIn(scope, 'Topics')] : []),
  },
  /** What these calls ask of Kafka; part of the statements below where the command line logs in by IAM. */
  MskTopicsInKafka: {
    service: 'kafka-cluster',
    resources: (scope) => (asksMsk(scope) && !isIam(scope) ? [scope.arns.cluster, ...arnsIn(scope, 'Topics')] : []),
  },
  /** MSK asks it of UpdateTopic; Kafka's own call that adds partitions does not. */
  MskGrowsTopics: {
    service: 'kafka-cluster',
    resources: (scope) => (asksMsk(scope) ? arnsIn(scope, 'Topics') : []),
  },
  ConnectToCluster: inKafka('ConnectToCluster'),
  Topics: inKafka('Topics'),
  DataTopics: inKafka('DataTopics'),
  SideTopics: inKafka('SideTopics'),
  WriteTopics: inKafka('WriteTopics'),
  KeepMarks: inKafka('KeepMarks'),
  SinkGroups: inKafka('SinkGroups'),
  OwnGroups: inKafka('OwnGroups'),
  ProducerTopics: inKafka('ProducerTopics'),
  ProducerGroups: inKafka('ProducerGroups'),
} as const satisfies Record<string, Kind>;

/** The zips of plugins that are built here. */
export function zipsOf({ environment, arns }: PolicyScope): string[] {
  const { plugin } = environment.connect;
  return 'arn' in plugin ? [] : [arns.s3(`${plugin.bucket}/${plugin.prefix ?? ''}${OWN_PLUGINS}`)];
}

/** Actions that a command asks for, on one kind of resource. */
export interface Need {
  readonly on: keyof typeof KINDS;
  /** Without the service. */
  readonly actions: readonly string[];
}

export const need = (on: Need['on'], ...actions: readonly string[]): Need => ({ on, actions });

/** One statement for each kind of resource that is needed, with all actions on it. */
export function statementsFor(scope: PolicyScope, needs: readonly Need[]): Statements {
  return (Object.entries(KINDS) as [Need['on'], Kind][]).map(([on, { service, resources, condition }]) => {
    const actions = needs.filter((one) => one.on === on).flatMap((one) => one.actions);
    return actions.length === 0 ? undefined : allow(on, service, actions, resources(scope), condition?.(scope));
  });
}
