import type { MskCapacity, MskLogs } from '../../pipeline/msk-connect.ts';
import type { SinkConfig } from '../sink-config.ts';

export type MskState =
  | 'CREATING'
  | 'RUNNING'
  | 'UPDATING'
  | 'DELETING'
  | 'FAILED'
  | 'PAUSED'
  | 'PAUSING'
  | 'RESUMING'
  | 'RESTARTING';

/** One revision of a custom plugin or of a worker configuration. */
export interface Revision {
  readonly arn: string;
  readonly revision: number;
}

/** What is fixed when a connector is created: another value means another connector. */
export interface FixedSettings {
  /** Bootstrap brokers, sorted. */
  readonly brokers: readonly string[];
  readonly authentication: string;
  readonly encryption: string;
  readonly role: string;
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly version: string;
  readonly networkType: string;
  readonly logs: MskLogs;
}

/** A connector as MSK Connect describes it. */
export interface MskConnector {
  readonly arn: string;
  readonly name: string;
  readonly state: MskState;
  /** Why it is in this state, in the service's own words. */
  readonly reason?: ServiceReason | undefined;
  /** Names this state of the connector; an update has to give it. */
  readonly currentVersion: string;
  readonly config: SinkConfig;
  readonly capacity: MskCapacity;
  readonly plugin: Revision | undefined;
  /** Undefined: AWS's default. */
  readonly workerConfiguration: Revision | undefined;
  readonly fixed: FixedSettings;
}

export interface ServiceReason {
  readonly code: string;
  readonly message: string;
}

export interface NewConnector
  extends Pick<MskConnector, 'name' | 'config' | 'capacity' | 'workerConfiguration' | 'fixed'> {
  readonly plugin: Revision;
  readonly tags: Readonly<Record<string, string>>;
}

/** One update takes the whole configuration or worker settings, never both. */
export type ConnectorUpdate =
  | { readonly kind: 'configuration'; readonly config: SinkConfig }
  | ({ readonly kind: 'worker settings' } & WorkerSettings);

export interface WorkerSettings {
  readonly capacity?: MskCapacity | undefined;
  readonly plugin?: Revision | undefined;
  readonly workerConfiguration?: Revision | 'default' | undefined;
}

/** Something that MSK Connect does to a connector, from PENDING to …_COMPLETE or …_FAILED. */
export interface MskOperation {
  readonly arn: string;
  readonly type: string;
  readonly state: string;
  readonly steps: readonly { readonly type: string; readonly state: string }[];
  readonly error?: ServiceReason | undefined;
}

export interface MskPlugin extends Revision {
  readonly name: string;
  readonly state: string;
  readonly reason?: ServiceReason | undefined;
  /** Of the file, hexadecimal; undefined until the service has read it. */
  readonly md5?: string | undefined;
}

export interface NewPlugin {
  readonly name: string;
  readonly bucketArn: string;
  readonly key: string;
  /** Of a bucket that keeps versions. */
  readonly objectVersion?: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

export interface MskWorkerConfiguration extends Revision {
  readonly name: string;
  /** A Java properties file. */
  readonly text: string;
}

/**
 * MSK Connect in one region: one method for each thing it can do, every list read to its end. What does not exist is
 * undefined. Errors: UNREACHABLE, NOT_READY for throttling and 5xx that outlast the retries, CONFLICT-like refusals as
 * REFUSED with `details.status` 409, other refusals REFUSED, NOT_FOUND; ENVIRONMENT when its package or credentials are missing.
 */
export interface MskApi {
  /** For messages: "MSK Connect in eu-central-1". */
  readonly label: string;
  list(): Promise<string[]>;
  find(name: string): Promise<MskConnector | undefined>;
  /** Answers before anything runs. */
  create(connector: NewConnector): Promise<void>;
  /** Returns the ARN of the operation. Answers before anything has changed. */
  update(connector: Pick<MskConnector, 'arn' | 'name' | 'currentVersion'>, update: ConnectorUpdate): Promise<string>;
  remove(connector: Pick<MskConnector, 'arn' | 'name' | 'currentVersion'>): Promise<void>;
  pause(connector: Pick<MskConnector, 'arn' | 'name'>): Promise<string>;
  resume(connector: Pick<MskConnector, 'arn' | 'name'>): Promise<string>;
  restart(connector: Pick<MskConnector, 'arn' | 'name'>, options: { onlyFailed: boolean }): Promise<string>;
  operation(arn: string): Promise<MskOperation>;
  findPlugin(name: string): Promise<MskPlugin | undefined>;
  pluginName(arn: string): Promise<string | undefined>;
  createPlugin(plugin: NewPlugin): Promise<void>;
  findWorkerConfiguration(name: string): Promise<MskWorkerConfiguration | undefined>;
  workerConfiguration(arn: string): Promise<MskWorkerConfiguration | undefined>;
  createWorkerConfiguration(
    configuration: { readonly name: string; readonly text: string },
    tags: Readonly<Record<string, string>>,
  ): Promise<void>;
  tags(arn: string): Promise<Readonly<Record<string, string>>>;
  tag(arn: string, tags: Readonly<Record<string, string>>): Promise<void>;
  /** Bootstrap brokers of an MSK cluster for workers that log in like this. */
  brokers(clusterArn: string, how: Pick<FixedSettings, 'authentication' | 'encryption'>): Promise<string[]>;
  /** Puts bytes into a bucket unless an object of that key and size is there; returns its version where the bucket keeps them. */
  upload(object: {
    readonly bytes: Uint8Array;
    readonly bucket: string;
    readonly key: string;
  }): Promise<string | undefined>;
}
