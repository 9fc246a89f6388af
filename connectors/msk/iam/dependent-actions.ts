import { type PolicyScope, zipsOf } from './needs.ts';
import { allow, MSK_CONNECT_SERVICE, type MskEnvironment, type Statements } from './policy.ts';

const LOG_DELIVERY = 'delivery.logs.amazonaws.com';

const describe = (...what: readonly string[]): string[] => what.map((one) => `Describe${one}`);

/**
 * What AWS does with the rights of whoever asks for these actions; no call of ours asks for it. Source: the column "Dependent
 * actions" of the Service Authorization Reference (list_amazonmanagedstreamingforkafkaconnect), and for what is marked so another
 * page of AWS's.
 */
export const dependentStatements = (scope: PolicyScope, asks: (action: string) => boolean): Statements => [
  ...(asks('CreateConnector') ? ofCreateConnector(scope) : []),
  ...(asks('CreateCustomPlugin') ? ofCreateCustomPlugin(scope) : []),
  ...(asks('DeleteConnector') ? ofDeleteConnector(scope) : []),
];

function ofCreateConnector({ environment: { connect }, arns }: PolicyScope): Statements {
  const { cloudWatch, s3, firehose } = connect.logs;
  const linkedRole = arns.iam(`role/aws-service-role/${MSK_CONNECT_SERVICE}/AWSServiceRoleForKafkaConnect*`);
  const deliveryRole = arns.iam(`role/aws-service-role/${LOG_DELIVERY}/AWSServiceRoleForLogDelivery*`);
  const ifSet = <T>(setting: unknown, ...resources: readonly T[]): readonly T[] =>
    setting === undefined ? [] : resources;
  return [
    allow('PassTheWorkersRole', 'iam', ['PassRole'], [connect.role], {
      StringEquals: { 'iam:PassedToService': MSK_CONNECT_SERVICE },
    }),
    // The first connector of an account makes the role of MSK Connect itself.
    allow('CreateServiceLinkedRole', 'iam', ['CreateServiceLinkedRole'], [linkedRole], {
      StringEquals: { 'iam:AWSServiceName': MSK_CONNECT_SERVICE },
    }),
    allow('EquipServiceLinkedRole', 'iam', ['AttachRolePolicy', 'PutRolePolicy'], [linkedRole]),
    allow('PlaceWorkers', 'ec2', ['CreateNetworkInterface', ...describe('SecurityGroups', 'Subnets', 'Vpcs')], ['*']),
    allow(
      'DeliverLogs',
      'logs',
      ['CreateLogDelivery', 'GetLogDelivery', 'ListLogDeliveries'],
      hasLogs(connect) ? ['*'] : [],
    ),
    allow(
      'DeliverLogsToCloudWatch',
      'logs',
      [...describe('LogGroups', 'ResourcePolicies'), 'PutResourcePolicy'],
      ifSet(cloudWatch, '*'),
    ),
    allow('DeliverLogsToS3', 's3', ['GetBucketPolicy', 'PutBucketPolicy'], [s3 && arns.s3(s3.bucket)]),
    allow(
      'DeliverLogsToFirehose',
      'firehose',
      ['TagDeliveryStream'],
      [firehose && arns.of('firehose', `deliverystream/${firehose.deliveryStream}`)],
    ),
    // "Logs sent to Firehose" in the guide of CloudWatch Logs.
    allow('CreateLogDeliveryRole', 'iam', ['CreateServiceLinkedRole'], ifSet(firehose, deliveryRole), {
      StringEquals: { 'iam:AWSServiceName': LOG_DELIVERY },
    }),
  ];
}

/** `s3:GetObject` is there for the upload. In a bucket that keeps versions, a plugin names the version of its zip. */
const ofCreateCustomPlugin = (scope: PolicyScope): Statements => [
  allow('ReadPluginVersions', 's3', ['GetObjectVersion'], zipsOf(scope)),
];

const ofDeleteConnector = ({ environment: { connect } }: PolicyScope): Statements => [
  allow('EndLogDelivery', 'logs', ['DeleteLogDelivery', 'ListLogDeliveries'], hasLogs(connect) ? ['*'] : []),
];

const hasLogs = ({ logs: { cloudWatch, s3, firehose } }: MskEnvironment['connect']): boolean =>
  (cloudWatch ?? s3 ?? firehose) !== undefined;
