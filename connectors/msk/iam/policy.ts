import type { MskConnect } from '../../../pipeline/msk-connect.ts';
import type { Environment } from '../../../pipeline/types.ts';

/** An environment on MSK Connect. */
export type MskEnvironment = Environment & { readonly connect: MskConnect };

/** One statement of an IAM policy; the keys are AWS's own. */
export interface PolicyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal?: { readonly Service: string };
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> | undefined;
}

export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

/** Undefined for what there is nothing to allow on. */
export type Statements = readonly (PolicyStatement | undefined)[];

export const MSK_CONNECT_SERVICE = 'kafkaconnect.amazonaws.com';

export const policy = (statements: Statements): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.filter((statement) => statement !== undefined),
});

/**
 * A statement about actions of one service. Undefined resources do not count; without any there is nothing to allow, and so no
 * statement. Sorted, so that the text is the same each time.
 */
export function allow(
  Sid: string,
  service: string,
  actions: readonly string[],
  resources: readonly (string | undefined)[],
  Condition?: PolicyStatement['Condition'],
): PolicyStatement | undefined {
  const Action = [...new Set(actions.map((action) => `${service}:${action}`))].sort();
  const Resource = [...new Set(resources)].filter((resource) => resource !== undefined).sort();
  return Resource.length === 0 ? undefined : { Sid, Effect: 'Allow', Action, Resource, Condition };
}

/** ARNs of one environment. */
export type Arns = ReturnType<typeof arnsOf>;

export function arnsOf({ connect, kafka }: MskEnvironment) {
  const [, partition = 'aws', , , account = ''] = connect.role.split(':');
  const cluster = connect.cluster ?? kafka.cluster;
  const own = cluster === undefined ? '*/*' : (cluster.split(':cluster/')[1] ?? '*/*');
  const of = (service: string, resource: string) =>
    `arn:${partition}:${service}:${connect.region}:${account}:${resource}`;
  const ofCluster = (resource: string) =>
    cluster === undefined ? of('kafka', resource) : `${cluster.split(':').slice(0, 5).join(':')}:${resource}`;
  return {
    account,
    of,
    s3: (path: string) => `arn:${partition}:s3:::${path}`,
    iam: (path: string) => `arn:${partition}:iam::${account}:${path}`,
    /** Of the Kafka cluster, and of its topics and groups; of every cluster of the account when none is named. */
    cluster: ofCluster(`cluster/${own}`),
    topic: (name: string) => ofCluster(`topic/${own}/${name}`),
    group: (name: string) => ofCluster(`group/${own}/${name}`),
  };
}
