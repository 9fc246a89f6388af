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
      on('ec2', ['CreateNetworkInterface', 'DescribeSecurityGroups', 'DescribeSubnets', 'DescribeVpcs']),
      EVERYTHING,
    ),
    ...bucketStatements(arns, connect.plugin),
    ...logStatements(arns, connect.logs),
    allow(
      'FindBrokers',
      on('kafka', ['DescribeCluster', 'DescribeClusterV2', 'GetBootstrapBrokers']),
      cluster === undefined ? [] : [cluster],
    ),
    ...(kafka.sasl?.mechanism === 'aws-iam' ? kafkaStatements(arns, streams) : []),
  ]);
}

const on = (service: string, actions: readonly string[]): string[] => actions.map((action) => `${service}:${action}`);

function serviceStatements(arns: Arns, streams: readonly StreamDefinition[]): Statements {
  const each = (kind: string, suffix: string) =>
    streams.map(({ sink }) => arns.of('kafkaconnect', `${kind}/${sink.name}${suffix}/*`));
  const connectors = each('connector', '');
  const plugins = [arns.of('kafkaconnect', `custom-plugin/${PLUGINS}/*`)];
  const workerConfigurations = each('worker-configuration', '-*');
  const verbs = (names: readonly string[], what: string) => names.map((name) => `kafkaconnect:${name}${what}`);
  const runs = verbs(['Delete', 'Describe', 'Pause', 'Restart', 'Resume', 'Update'], 'Connector');
  return [
    allow(
      'CreateAndList',
      ['Connector', 'CustomPlugin', 'WorkerConfiguration'].flatMap((what) => [
        `kafkaconnect:Create${what}`,
        `kafkaconnect:List${what}s`,
      ]),
      EVERYTHING,
    ),
    allow('RunConnectors', [...runs, 'kafkaconnect:ListConnectorOperations'], connectors),
    allow('FollowOperations', ['kafkaconnect:DescribeConnectorOperation'], each('connector-operation', '')),
    allow('KeepPlugins', verbs(['Delete', 'Describe'], 'CustomPlugin'), plugins),
    allow('KeepWorkerConfigurations', verbs(['Delete', 'Describe'], 'WorkerConfiguration'), workerConfigurations),
    allow('Tag', verbs(['ListTagsFor', 'Tag', 'Untag'], 'Resource'), [
      ...connectors,
      ...plugins,
      ...workerConfigurations,
    ]),
  ];
}

function roleStatements(arns: Arns, role: string): Statements {
  return [
    allow('PassTheWorkersRole', ['iam:PassRole'], [role], {
      StringEquals: { 'iam:PassedToService': MSK_CONNECT_SERVICE },
    }),
    // The first connector of an account makes it.
    allow(
      'CreateServiceLinkedRole',
      ['iam:CreateServiceLinkedRole'],
      [arns.iam(`role/aws-service-role/${MSK_CONNECT_SERVICE}/AWSServiceRoleForKafkaConnect*`)],
      { StringEquals: { 'iam:AWSServiceName': MSK_CONNECT_SERVICE } },
    ),
  ];
}

function bucketStatements(arns: Arns, plugin: MskEnvironment['connect']['plugin']): Statements {
  if ('arn' in plugin) return [];
  const { bucket, prefix = '' } = plugin;
  return [
    allow(
      'UploadPlugins',
      ['s3:GetObject', 's3:GetObjectVersion', 's3:PutObject'],
      [arns.s3(`${bucket}/${prefix}${PLUGINS}`)],
    ),
    // Without it a plugin that is not there yet is an object we may not see.
    allow('SeePlugins', ['s3:ListBucket'], [arns.s3(bucket)]),
  ];
}

function logStatements(arns: Arns, logs: MskEnvironment['connect']['logs']): Statements {
  const { cloudWatch, s3, firehose } = logs;
  const any = cloudWatch ?? s3 ?? firehose;
  const delivery = ['Create', 'Delete', 'Get', 'Update'].map((verb) => `logs:${verb}LogDelivery`);
  const group = cloudWatch === undefined ? [] : [arns.of('logs', `log-group:${cloudWatch.logGroup}:*`)];
  return [
    allow('DeliverLogs', [...delivery, 'logs:ListLogDeliveries'], any === undefined ? [] : EVERYTHING),
    allow(
      'DeliverLogsToCloudWatch',
      ['logs:DescribeLogGroups', 'logs:DescribeResourcePolicies', 'logs:PutResourcePolicy'],
      cloudWatch === undefined ? [] : EVERYTHING,
    ),
    allow('ReadTraces', ['logs:FilterLogEvents'], group),
    allow(
      'DeliverLogsToS3',
      ['s3:GetBucketPolicy', 's3:PutBucketPolicy'],
      s3 === undefined ? [] : [arns.s3(s3.bucket)],
    ),
    allow(
      'DeliverLogsToFirehose',
      ['firehose:TagDeliveryStream'],
      firehose === undefined ? [] : [arns.of('firehose', `deliverystream/${firehose.deliveryStream}`)],
    ),
  ];
}

function kafkaStatements(arns: Arns, streams: readonly StreamDefinition[]): Statements {
  const topics = streams.flatMap((stream) => Object.values(streamTopics(stream)).map(arns.topic));
  const cluster = 'kafka-cluster';
  return [
    allow('ConnectToCluster', on(cluster, ['Connect', 'DescribeCluster']), [arns.cluster]),
    allow(
      'KeepTopics',
      on(cluster, [
        'AlterTopic',
        'AlterTopicDynamicConfiguration',
        'CreateTopic',
        'DescribeTopic',
        'DescribeTopicDynamicConfiguration',
        'ReadData',
      ]),
      topics,
    ),
    allow('KeepOffsets', on(cluster, ['AlterGroup', 'DeleteGroup', 'DescribeGroup']), [
      ...streams.map((stream) => arns.group(sinkGroup(stream))),
      arns.group(OWN_GROUPS),
    ]),
  ];
}
