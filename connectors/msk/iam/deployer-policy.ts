import { sinkGroup, streamTopics } from '../../../pipeline/names.ts';
import type { StreamDefinition } from '../../../pipeline/types.ts';
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

/** Groups that the command line reads topics with; each lives as long as the command. */
const OWN_GROUPS = 'perps-connect-*';
/** Plugins are named by their contents, not by a stream; so are their zips. */
const PLUGINS = 'perps-connect-*';
const EVERYTHING = ['*'];

/**
 * What whoever runs `connect deploy` may do: its own connectors, plugins and worker configurations, the plugin bucket,
 * and on a cluster with IAM the streams' topics and groups. What stands under `*` has no resource to be narrowed to.
 */
export function deployerPolicy(environment: MskEnvironment, streams: readonly StreamDefinition[]): PolicyDocument {
  const arns = arnsOf(environment);
  const { connect, kafka } = environment;
  const cluster = connect.cluster ?? kafka.cluster;
  return policy([
    ...serviceStatements(arns, streams),
    ...roleStatements(arns, connect.role),
    allow(
      'PlaceWorkers',
      'ec2',
      ['CreateNetworkInterface', ...describe('SecurityGroups', 'Subnets', 'Vpcs')],
      EVERYTHING,
    ),
    ...bucketStatements(arns, connect.plugin),
    ...logStatements(arns, connect.logs),
    allow('FindBrokers', 'kafka', [...describe('Cluster', 'ClusterV2'), 'GetBootstrapBrokers'], [cluster]),
    ...(kafka.sasl?.mechanism === 'aws-iam' ? kafkaStatements(arns, streams) : []),
  ]);
}

const describe = (...what: readonly string[]): string[] => what.map((one) => `Describe${one}`);

function serviceStatements(arns: Arns, streams: readonly StreamDefinition[]): Statements {
  const service = 'kafkaconnect';
  const each = (kind: string, suffix = '') =>
    streams.map(({ sink }) => arns.of(service, `${kind}/${sink.name}${suffix}/*`));
  const connectors = each('connector');
  const plugins = [arns.of(service, `custom-plugin/${PLUGINS}/*`)];
  const workerConfigurations = each('worker-configuration', '-*');
  const kinds = ['Connector', 'CustomPlugin', 'WorkerConfiguration'];
  const createAndList = kinds.flatMap((kind) => [`Create${kind}`, `List${kind}s`]);
  const run = ['Delete', 'Describe', 'Pause', 'Restart', 'Resume', 'Update'].map((verb) => `${verb}Connector`);
  const configuration = ['DeleteWorkerConfiguration', 'DescribeWorkerConfiguration'];
  const tagged = [...connectors, ...plugins, ...workerConfigurations];
  return [
    allow('CreateAndList', service, createAndList, EVERYTHING),
    allow('RunConnectors', service, [...run, 'ListConnectorOperations'], connectors),
    allow('FollowOperations', service, ['DescribeConnectorOperation'], each('connector-operation')),
    allow('KeepPlugins', service, ['DeleteCustomPlugin', 'DescribeCustomPlugin'], plugins),
    allow('KeepWorkerConfigurations', service, configuration, workerConfigurations),
    allow('Tag', service, ['ListTagsForResource', 'TagResource', 'UntagResource'], tagged),
  ];
}

function roleStatements(arns: Arns, role: string): Statements {
  const linkedRole = arns.iam(`role/aws-service-role/${MSK_CONNECT_SERVICE}/AWSServiceRoleForKafkaConnect*`);
  return [
    allow('PassTheWorkersRole', 'iam', ['PassRole'], [role], {
      StringEquals: { 'iam:PassedToService': MSK_CONNECT_SERVICE },
    }),
    // The first connector of an account makes it.
    allow('CreateServiceLinkedRole', 'iam', ['CreateServiceLinkedRole'], [linkedRole], {
      StringEquals: { 'iam:AWSServiceName': MSK_CONNECT_SERVICE },
    }),
  ];
}

function bucketStatements(arns: Arns, plugin: MskEnvironment['connect']['plugin']): Statements {
  if ('arn' in plugin) return [];
  const { bucket, prefix = '' } = plugin;
  const zips = [arns.s3(`${bucket}/${prefix}${PLUGINS}`)];
  return [
    allow('UploadPlugins', 's3', ['GetObject', 'GetObjectVersion', 'PutObject'], zips),
    // Without it a plugin that is not there yet is an object we may not see.
    allow('SeePlugins', 's3', ['ListBucket'], [arns.s3(bucket)]),
  ];
}

function logStatements(arns: Arns, { cloudWatch, s3, firehose }: MskEnvironment['connect']['logs']): Statements {
  const delivery = ['Create', 'Delete', 'Get', 'Update'].map((verb) => `${verb}LogDelivery`);
  const any = cloudWatch ?? s3 ?? firehose;
  const group = cloudWatch && arns.of('logs', `log-group:${cloudWatch.logGroup}:*`);
  const stream = firehose && arns.of('firehose', `deliverystream/${firehose.deliveryStream}`);
  const toCloudWatch = [...describe('LogGroups', 'ResourcePolicies'), 'PutResourcePolicy'];
  return [
    allow('DeliverLogs', 'logs', [...delivery, 'ListLogDeliveries'], any === undefined ? [] : EVERYTHING),
    allow('DeliverLogsToCloudWatch', 'logs', toCloudWatch, cloudWatch === undefined ? [] : EVERYTHING),
    allow('ReadTraces', 'logs', ['FilterLogEvents', 'GetLogEvents'], [group]),
    allow('DeliverLogsToS3', 's3', ['GetBucketPolicy', 'PutBucketPolicy'], [s3 && arns.s3(s3.bucket)]),
    allow('DeliverLogsToFirehose', 'firehose', ['TagDeliveryStream'], [stream]),
  ];
}

function kafkaStatements(arns: Arns, streams: readonly StreamDefinition[]): Statements {
  const service = 'kafka-cluster';
  const topics = streams.flatMap((stream) => Object.values(streamTopics(stream)).map(arns.topic));
  const groups = [...streams.map((stream) => arns.group(sinkGroup(stream))), arns.group(OWN_GROUPS)];
  const alter = ['AlterTopic', 'AlterTopicDynamicConfiguration'];
  const see = [...describe('Topic', 'TopicDynamicConfiguration'), 'ReadData'];
  return [
    allow('ConnectToCluster', service, ['Connect', 'DescribeCluster'], [arns.cluster]),
    allow('KeepTopics', service, [...alter, 'CreateTopic', ...see], topics),
    allow('KeepOffsets', service, ['AlterGroup', 'DeleteGroup', 'DescribeGroup'], groups),
  ];
}
