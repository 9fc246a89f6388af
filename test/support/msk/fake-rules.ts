import { parseProperties } from '../../../core/properties.ts';
import { whyRefused } from '../../../pipeline/msk-worker-properties.ts';
import type { Json } from './sdk-contract.ts';

/** An answer of the service that is no success. */
export class Refusal extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** Which HTTP error AWS gives in each case is mostly unknown; what is assumed stands here and nowhere else. */
export const refuse = {
  invalid: (message: string) => new Refusal(400, 'BadRequestException', message),
  identical: (parameter: string) =>
    refuse.invalid(
      `Invalid parameter ${parameter}: The specified parameter value is identical to the current value for the connector. Specify a different value, then try again.`,
    ),
  stale: () => refuse.invalid('The provided currentVersion is not the current version of the connector.'),
  busy: (state: string) => refuse.invalid(`The connector is in state ${state}; another operation is in progress.`),
  exists: (name: string) => new Refusal(409, 'ConflictException', `A resource with this name already exists: ${name}`),
  quota: (what: string) => new Refusal(429, 'TooManyRequestsException', `Limit exceeded: ${what}.`),
  missing: (what: string) => new Refusal(404, 'NotFoundException', `${what} does not exist`),
};

/** The rules of a connector's creation and update that no schema holds. */
export function checkConnector(body: Json): void {
  if (body.connectorName !== undefined) checkName(body.connectorName);
  if (body.capacity !== undefined) checkCapacity(body.capacity);
  if (body.plugins !== undefined && body.plugins.length !== 1) throw refuse.invalid('plugins: exactly one is allowed');
  if (body.connectorConfiguration !== undefined) {
    for (const key of ['connector.class', 'tasks.max'])
      if (body.connectorConfiguration[key] === undefined) throw refuse.invalid(`connectorConfiguration lacks ${key}`);
  }
  const { authenticationType } = body.kafkaClusterClientAuthentication ?? {};
  if (authenticationType !== undefined && !['IAM', 'NONE'].includes(authenticationType))
    throw refuse.invalid('authenticationType is IAM or NONE');
  if (authenticationType === 'IAM' && body.kafkaClusterEncryptionInTransit?.encryptionType !== 'TLS')
    throw refuse.invalid('IAM needs TLS');
  if (body.kafkaConnectVersion !== undefined && !['2.7.1', '3.7.x'].includes(body.kafkaConnectVersion))
    throw refuse.invalid('kafkaConnectVersion is 2.7.1 or 3.7.x');
  if (
    body.serviceExecutionRoleArn !== undefined &&
    !/^arn:aws[a-z-]*:iam::\d{12}:role\/(?!aws-service-role\/)/.test(body.serviceExecutionRoleArn)
  )
    throw refuse.invalid('serviceExecutionRoleArn is no role that can be used');
  checkTags(body.tags ?? {});
}

export function checkName(name: string): void {
  if (name.length < 1 || name.length > 128) throw refuse.invalid('a name has 1 to 128 characters');
}

export function checkTags(tags: Record<string, string>): void {
  for (const [key, value] of Object.entries(tags))
    if (key.length < 1 || key.length > 128 || value.length > 256) throw refuse.invalid(`tag ${key} is too long`);
}

/** The service takes a plain text of properties, of which it sets some itself. */
export function checkWorkerProperties(text: string): void {
  const properties = parseProperties(text);
  for (const key of ['key.converter', 'value.converter'])
    if (properties[key] === undefined) throw refuse.invalid(`${key} is required`);
  for (const key of Object.keys(properties)) {
    const reason = whyRefused(key);
    if (reason !== undefined) throw refuse.invalid(reason);
  }
}

function checkCapacity({ autoScaling, provisionedCapacity }: Json): void {
  if ((autoScaling === undefined) === (provisionedCapacity === undefined))
    throw refuse.invalid('capacity is autoScaling or provisionedCapacity');
  const { mcuCount, minWorkerCount, maxWorkerCount, maxAutoscalingTaskCount } = autoScaling ?? provisionedCapacity;
  if (![1, 2, 4, 8].includes(mcuCount)) throw refuse.invalid('mcuCount is 1, 2, 4 or 8');
  const counts = autoScaling === undefined ? [provisionedCapacity.workerCount] : [minWorkerCount, maxWorkerCount];
  if (counts.some((count) => count < 1 || count > 10)) throw refuse.invalid('workers are 1 to 10');
  if (minWorkerCount > maxWorkerCount) throw refuse.invalid('minWorkerCount is greater than maxWorkerCount');
  if (maxAutoscalingTaskCount !== undefined && maxAutoscalingTaskCount < maxWorkerCount)
    throw refuse.invalid('maxAutoscalingTaskCount is less than maxWorkerCount');
}

/** One group of an update, never both, and at least one. */
export function checkUpdate(body: Json): void {
  const workerSettings = ['capacity', 'plugins', 'workerConfiguration', 'useDefaultWorkerConfiguration'];
  const given = workerSettings.filter((key) => body[key] !== undefined);
  if ((body.connectorConfiguration === undefined) === (given.length === 0))
    throw refuse.invalid('specify connectorConfiguration or worker settings, not both');
  if (given.includes('workerConfiguration') && given.includes('useDefaultWorkerConfiguration'))
    throw refuse.invalid('specify workerConfiguration or useDefaultWorkerConfiguration, not both');
  const { autoScaling } = body.capacity ?? {};
  if (
    autoScaling !== undefined &&
    (autoScaling.scaleInPolicy === undefined || autoScaling.scaleOutPolicy === undefined)
  )
    throw refuse.invalid('an update of autoScaling needs both scaling policies');
}
