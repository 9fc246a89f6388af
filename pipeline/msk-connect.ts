/** AWS MSK Connect as the target of an environment, with every default filled in. `environment.schema.json` explains each key, below `mskConnect`. */
export interface MskConnect {
  readonly target: 'msk';
  readonly region: string;
  readonly version: MskConnectVersion;
  /** ARN of an MSK cluster. Exactly one of `cluster` and `brokers` is set. */
  readonly cluster?: string | undefined;
  /** Bootstrap brokers as the workers reach them, host:port each. */
  readonly brokers?: readonly string[] | undefined;
  readonly authentication: 'iam' | 'none';
  readonly encryption: 'tls' | 'plaintext';
  /** ARN of the service execution role. */
  readonly role: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly networkType: 'ipv4' | 'dual';
  readonly capacity: MskCapacity;
  readonly plugin: MskPlugin;
  /** Worker properties beyond those that this package puts in. */
  readonly workerConfiguration: Readonly<Record<string, string | number | boolean>>;
  readonly logs: MskLogs;
  readonly tags: Readonly<Record<string, string>>;
  /** Other addresses of the AWS services. */
  readonly endpoints: Readonly<Partial<Record<'kafkaConnect' | 'kafka' | 's3' | 'logs', string>>>;
  /** What only a REST API has. */
  readonly url?: undefined;
  readonly auth?: undefined;
}

export type MskConnectVersion = '3.7.x' | '2.7.1';

/** What the workers of a version run on. */
export const WORKER_JAVA: Readonly<Record<MskConnectVersion, number>> = { '3.7.x': 17, '2.7.1': 11 };

export type MskCapacity =
  | { readonly provisioned: { readonly mcuCount: number; readonly workerCount: number } }
  | { readonly autoscaled: AutoscaledCapacity };

export interface AutoscaledCapacity {
  readonly mcuCount: number;
  readonly minWorkers: number;
  readonly maxWorkers: number;
  /** CPU percentage below which a worker is taken away. */
  readonly scaleInCpu: number;
  /** CPU percentage above which one is added. */
  readonly scaleOutCpu: number;
  /** Default of the service: workers × mcuCount × 2. */
  readonly maxTasks?: number | undefined;
}

/** A bucket for the built ZIP (`prefix` ends with a slash), or a plugin that is there already. */
export type MskPlugin =
  | { readonly bucket: string; readonly prefix?: string }
  | { readonly arn: string; readonly revision: number };

/** Where the workers' logs go. */
export interface MskLogs {
  readonly cloudWatch?: { readonly logGroup: string } | undefined;
  readonly s3?: { readonly bucket: string; readonly prefix?: string | undefined } | undefined;
  readonly firehose?: { readonly deliveryStream: string } | undefined;
}
