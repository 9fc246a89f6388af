import type * as aws from '@aws-sdk/client-kafkaconnect';
import { ConnectError } from '../../../core/errors.ts';
import type { MskCapacity, MskLogs } from '../../../pipeline/msk-connect.ts';
import type {
  ConnectorUpdate,
  ListedOperation,
  MskConnector,
  MskOperation,
  MskState,
  NewConnector,
  Revision,
  ServiceReason,
} from '../api.ts';

/** Our words and those of the service. The SDK checks nothing, neither what it sends nor what it gets. */

type CapacityInput = NonNullable<aws.CreateConnectorCommandInput['capacity']>;

export function toCreate(connector: NewConnector): aws.CreateConnectorCommandInput {
  const { fixed, plugin, workerConfiguration, tags } = connector;
  return {
    connectorName: connector.name,
    connectorConfiguration: connector.config,
    capacity: toCapacity(connector.capacity),
    kafkaCluster: {
      apacheKafkaCluster: {
        bootstrapServers: fixed.brokers.join(','),
        vpc: { subnets: [...fixed.subnets], securityGroups: [...fixed.securityGroups] },
      },
    },
    kafkaClusterClientAuthentication: { authenticationType: fixed.authentication === 'iam' ? 'IAM' : 'NONE' },
    kafkaClusterEncryptionInTransit: { encryptionType: fixed.encryption === 'tls' ? 'TLS' : 'PLAINTEXT' },
    kafkaConnectVersion: fixed.version,
    plugins: [{ customPlugin: { customPluginArn: plugin.arn, revision: plugin.revision } }],
    workerConfiguration: toWorkerConfiguration(workerConfiguration),
    serviceExecutionRoleArn: fixed.role,
    networkType: fixed.networkType === 'dual' ? 'DUAL' : 'IPV4',
    logDelivery: toLogDelivery(fixed.logs),
    tags: toTags(tags),
  };
}

export function toUpdate(
  { arn, currentVersion, state }: Pick<MskConnector, 'arn' | 'currentVersion' | 'state'>,
  update: ConnectorUpdate,
): aws.UpdateConnectorCommandInput {
  // Nobody can see whether a PAUSED one is healthy, so the service takes no update of it that asks for that.
  const unseen = state === 'PAUSED' ? { skipHealthValidation: true } : {};
  const which = { connectorArn: arn, currentVersion, ...unseen };
  if (update.kind === 'configuration') return { ...which, connectorConfiguration: update.config };
  const { capacity, plugin, workerConfiguration } = update;
  return {
    ...which,
    // An update of autoscaled capacity has to give both scaling policies, which ours always has.
    capacity: capacity && (toCapacity(capacity) as aws.UpdateConnectorCommandInput['capacity']),
    plugins: plugin && [{ customPlugin: { customPluginArn: plugin.arn, revision: plugin.revision } }],
    ...(workerConfiguration === 'default'
      ? { useDefaultWorkerConfiguration: true }
      : { workerConfiguration: toWorkerConfiguration(workerConfiguration) }),
  };
}

/** An empty map of tags is refused. */
export const toTags = (tags: Readonly<Record<string, string>>): Record<string, string> | undefined =>
  Object.keys(tags).length === 0 ? undefined : { ...tags };

const toWorkerConfiguration = (configuration: Revision | undefined) =>
  configuration && { workerConfigurationArn: configuration.arn, revision: configuration.revision };

function toCapacity(capacity: MskCapacity): CapacityInput {
  if ('provisioned' in capacity) return { provisionedCapacity: capacity.provisioned };
  const { mcuCount, minWorkers, maxWorkers, scaleInCpu, scaleOutCpu, maxTasks } = capacity.autoscaled;
  return {
    autoScaling: {
      mcuCount,
      minWorkerCount: minWorkers,
      maxWorkerCount: maxWorkers,
      scaleInPolicy: { cpuUtilizationPercentage: scaleInCpu },
      scaleOutPolicy: { cpuUtilizationPercentage: scaleOutCpu },
      maxAutoscalingTaskCount: maxTasks,
    },
  };
}

function fromCapacity(capacity: aws.CapacityDescription | undefined): MskCapacity {
  const { provisionedCapacity, autoScaling } = capacity ?? {};
  if (autoScaling === undefined) {
    const { mcuCount = 0, workerCount = 0 } = provisionedCapacity ?? {};
    return { provisioned: { mcuCount, workerCount } };
  }
  return {
    autoscaled: {
      mcuCount: autoScaling.mcuCount ?? 0,
      minWorkers: autoScaling.minWorkerCount ?? 0,
      maxWorkers: autoScaling.maxWorkerCount ?? 0,
      scaleInCpu: autoScaling.scaleInPolicy?.cpuUtilizationPercentage ?? 0,
      scaleOutCpu: autoScaling.scaleOutPolicy?.cpuUtilizationPercentage ?? 0,
      maxTasks: autoScaling.maxAutoscalingTaskCount,
    },
  };
}

function toLogDelivery({ cloudWatch, s3, firehose }: MskLogs): aws.LogDelivery {
  return {
    workerLogDelivery: {
      cloudWatchLogs: { enabled: cloudWatch !== undefined, ...cloudWatch },
      s3: { enabled: s3 !== undefined, ...s3 },
      firehose: { enabled: firehose !== undefined, ...firehose },
    },
  };
}

function fromLogDelivery(logs: aws.LogDeliveryDescription | undefined): MskLogs {
  const { cloudWatchLogs, s3, firehose } = logs?.workerLogDelivery ?? {};
  return {
    cloudWatch: cloudWatchLogs?.enabled === true ? { logGroup: cloudWatchLogs.logGroup ?? '' } : undefined,
    s3: s3?.enabled === true ? { bucket: s3.bucket ?? '', prefix: s3.prefix } : undefined,
    firehose: firehose?.enabled === true ? { deliveryStream: firehose.deliveryStream ?? '' } : undefined,
  };
}

export function fromDescription(reply: aws.DescribeConnectorCommandOutput): MskConnector {
  const { connectorArn, connectorName, connectorState, currentVersion, plugins, workerConfiguration } = reply;
  if (connectorArn === undefined || connectorName === undefined || connectorState === undefined) {
    throw new ConnectError('INTERNAL', 'MSK Connect describes a connector without ARN, name or state');
  }
  const cluster = reply.kafkaCluster?.apacheKafkaCluster;
  const plugin = plugins?.[0]?.customPlugin;
  return {
    arn: connectorArn,
    name: connectorName,
    state: connectorState as MskState,
    reason: reasonOf(reply.stateDescription),
    currentVersion: currentVersion ?? '',
    createdAt: reply.creationTime?.getTime(),
    config: reply.connectorConfiguration ?? {},
    capacity: fromCapacity(reply.capacity),
    plugin: toRevision(plugin?.customPluginArn, plugin?.revision),
    workerConfiguration: toRevision(workerConfiguration?.workerConfigurationArn, workerConfiguration?.revision),
    fixed: {
      brokers: (cluster?.bootstrapServers ?? '').split(',').sort(),
      authentication: reply.kafkaClusterClientAuthentication?.authenticationType?.toLowerCase() ?? '',
      encryption: reply.kafkaClusterEncryptionInTransit?.encryptionType?.toLowerCase() ?? '',
      role: reply.serviceExecutionRoleArn ?? '',
      subnets: (cluster?.vpc?.subnets ?? []).toSorted(),
      securityGroups: (cluster?.vpc?.securityGroups ?? []).toSorted(),
      version: reply.kafkaConnectVersion ?? '',
      networkType: (reply.networkType ?? 'IPV4').toLowerCase(),
      logs: fromLogDelivery(reply.logDelivery),
    },
  };
}

const toRevision = (arn: string | undefined, revision = 1): Revision | undefined =>
  arn === undefined ? undefined : { arn, revision };

export function fromOperation(reply: aws.DescribeConnectorOperationCommandOutput): MskOperation {
  return {
    type: reply.connectorOperationType ?? '',
    state: reply.connectorOperationState ?? '',
    steps: (reply.operationSteps ?? []).map(({ stepType = '', stepState = '' }) => ({
      type: stepType,
      state: stepState,
    })),
    error: reasonOf(reply.errorInfo),
  };
}

export const fromListedOperation = (one: aws.ConnectorOperationSummary): ListedOperation => ({
  arn: one.connectorOperationArn ?? '',
  type: one.connectorOperationType ?? '',
  state: one.connectorOperationState ?? '',
  startedAt: one.creationTime?.getTime() ?? 0,
});

export const reasonOf = ({
  code = '',
  message = '',
}: {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
} = {}): ServiceReason | undefined => (code === '' && message === '' ? undefined : { code, message });
