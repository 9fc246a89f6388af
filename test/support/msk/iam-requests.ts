import type { PolicyDocument, PolicyStatement } from '../../../connectors/msk/iam/policy.ts';
import type { Json } from './sdk-contract.ts';

/** One action of IAM on one resource, as a call asks for it. */
export interface IamRequest {
  readonly action: string;
  readonly resource: string;
}

const ACCOUNT = '123456789012';

/** What a call to MSK Connect asks for: mostly the action of its name on the resource that it names. */
export function kafkaConnectRequests(region: string, operation: string, input: Json): IamRequest[] {
  const resource =
    Object.entries(input).find(([key]) =>
      /^(connector|connectorOperation|customPlugin|workerConfiguration|resource)Arn$/.test(key),
    )?.[1] ?? '*';
  const asked = { action: `kafkaconnect:${operation}`, resource: String(resource) };
  const kind = CREATES[operation];
  if (kind === undefined) return [asked];
  const made = `arn:aws:kafkaconnect:${region}:${ACCOUNT}:${kind}/${input.connectorName ?? input.name}/new`;
  const { serviceExecutionRoleArn: role } = input;
  return [
    asked,
    ...(input.tags === undefined ? [] : [{ action: 'kafkaconnect:TagResource', resource: made }]),
    ...(role === undefined ? [] : [{ action: 'iam:PassRole', resource: String(role) }]),
  ];
}

const CREATES: Readonly<Record<string, string>> = {
  CreateConnector: 'connector',
  CreateCustomPlugin: 'custom-plugin',
  CreateWorkerConfiguration: 'worker-configuration',
};

/** A HEAD that finds nothing says so only to whoever may list the bucket. */
export function s3Requests(method: string, path: string): IamRequest[] {
  const object = `arn:aws:s3:::${path}`;
  if (method !== 'HEAD')
    return [{ action: method === 'DELETE' ? 's3:DeleteObject' : 's3:PutObject', resource: object }];
  return [
    { action: 's3:GetObject', resource: object },
    { action: 's3:ListBucket', resource: `arn:aws:s3:::${path.split('/')[0]}` },
  ];
}

/** MSK's own calls for topics. */
export function topicRequests(operation: string, input: Json): IamRequest[] {
  const told = Object.fromEntries(Object.entries(input).map(([key, value]) => [key.toLowerCase(), String(value)]));
  const cluster = told.clusterarn ?? '';
  const topic =
    told.topicname === undefined ? undefined : `${cluster.replace(':cluster/', ':topic/')}/${told.topicname}`;
  return [{ action: `kafka:${operation}`, resource: topic ?? cluster }];
}

export const logsRequests = (
  region: string,
  operation: string,
  { logGroupName, logStreamName }: Json,
): IamRequest[] => [
  {
    action: `logs:${operation}`,
    resource: `arn:aws:logs:${region}:${ACCOUNT}:log-group:${logGroupName}:log-stream:${logStreamName ?? ''}`,
  },
];

/** What a policy does not allow of these requests. Conditions are taken to be met. */
export const deniedBy = ({ Statement }: PolicyDocument, requests: readonly IamRequest[]): string[] => [
  ...new Set(
    requests
      .filter((request) => !Statement.some((statement) => covers(statement, request)))
      .map(({ action, resource }) => `${action} on ${resource.replace(/[0-9a-f]{8}-[0-9a-f-]{27}(-\d)?/g, 'ID')}`),
  ),
];

/** Statement and action of what a policy allows and no request asks for. */
export const unusedIn = ({ Statement }: PolicyDocument, requests: readonly IamRequest[]): string[] =>
  Statement.flatMap((statement) =>
    statement.Action.filter((action) => !requests.some((one) => one.action === action && covers(statement, one))).map(
      (action) => `${statement.Sid} ${action}`,
    ),
  );

const covers = ({ Action, Resource = [] }: PolicyStatement, { action, resource }: IamRequest): boolean =>
  Action.includes(action) && Resource.some((pattern) => fits(pattern, resource));

const fits = (pattern: string, resource: string): boolean =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  ).test(resource);
