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
  /** Milliseconds since 1970; undefined when the service does not say. */
  readonly createdAt?: number | undefined;
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

/** How a connector is named in a call. */
export type NamedConnector = Pick<MskConnector, 'arn' | 'name'>;

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
  readonly type: string;
  readonly state: string;
  readonly steps: readonly { readonly type: string; readonly state: string }[];
  readonly error?: ServiceReason | undefined;
}

/** An operation as the list of a connector's operations shows it. */
export interface ListedOperation {
  readonly arn: string;
  readonly type: string;
  readonly state: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** A failure that the workers have logged. */
export interface WorkerTrace {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Number of the task; undefined for the connector itself. */
  readonly task: number | undefined;
  /** Java stack trace. */
  readonly text: string;
}

/** What the workers' log tells of a connector. */
export interface WorkerLog {
  /** The last failure of each task and of the connector, the newest first. */
  readonly traces: readonly WorkerTrace[];
  /** Why there may be more: the log could not be read, or not to its end. */
  readonly note?: string | undefined;
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
