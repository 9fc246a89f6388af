import type { SinkConfig } from '../render/render-sink.ts';

/** States as Kafka Connect names them. */
export type RunState = 'RUNNING' | 'FAILED' | 'PAUSED' | 'STOPPED' | 'UNASSIGNED' | 'RESTARTING';

export interface ConnectorStatus {
  readonly name: string;
  readonly state: RunState;
  readonly worker: string;
  /** Java stack trace of a failed connector, secrets replaced. */
  readonly trace?: string;
  readonly tasks: readonly TaskStatus[];
}

export interface TaskStatus {
  readonly id: number;
  readonly state: RunState;
  readonly worker: string;
  /** Java stack trace of a failed task, secrets replaced. */
  readonly trace?: string;
}

export interface ConnectorInfo {
  readonly name: string;
  readonly type: 'sink' | 'source' | 'unknown';
  readonly config: SinkConfig;
  readonly taskIds: readonly number[];
}

/** What one task was last told to do. */
export interface TaskConfig {
  readonly id: number;
  readonly config: SinkConfig;
}

/** A setting the worker refuses, with its reasons. Values are not repeated. */
export interface ConfigFinding {
  readonly key: string;
  readonly errors: readonly string[];
}

export interface WorkerInfo {
  /** Version of Kafka Connect. */
  readonly version: string;
  readonly commit: string;
  readonly kafkaClusterId: string;
}

export interface Plugin {
  readonly class: string;
  readonly type: string;
  /** Left out by plugins that say none. */
  readonly version?: string;
}

/** One setting that a plugin defines. */
export interface SettingDefinition {
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly defaultValue: string | undefined;
  readonly documentation: string;
}

/** The next offset a sink reads of one partition; undefined forgets the offset. */
export interface SinkOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint | undefined;
}

/**
 * A Connect cluster that sinks are deployed to: one method for each thing it can do.
 * What does not exist is undefined where a question allows it; otherwise NOT_FOUND. A cluster that is busy with a
 * rebalance is NOT_READY, which may be tried again. No answer holds a resolved secret.
 */
export interface ConnectTarget {
  /** For messages: "Kafka Connect at 127.0.0.1:19383". */
  readonly label: string;
  /**
   * A service that runs the workers itself: it lists no tasks, so those are seen in the consumer group and one that is not there
   * may have failed; it cannot stop a connector, and offsets are Kafka's business alone.
   */
  readonly managed?: true;
  worker(): Promise<WorkerInfo>;
  list(): Promise<string[]>;
  info(name: string): Promise<ConnectorInfo | undefined>;
  config(name: string): Promise<SinkConfig | undefined>;
  /** Creates the connector or replaces its whole configuration; answers before anything has run. */
  putConfig(name: string, config: SinkConfig): Promise<void>;
  /**
   * Creates a connector that is PAUSED or STOPPED from its first moment, so that it has read nothing. Errors: REFUSED where
   * the cluster cannot.
   */
  createHeld(name: string, config: SinkConfig, state: 'PAUSED' | 'STOPPED'): Promise<void>;
  /** What the worker has against a configuration; empty when it accepts it. */
  validate(config: SinkConfig): Promise<ConfigFinding[]>;
  status(name: string): Promise<ConnectorStatus | undefined>;
  tasks(name: string): Promise<TaskConfig[]>;
  /** Restarts the connector and its tasks, or only those that failed. */
  restart(name: string, options: { onlyFailed: boolean }): Promise<void>;
  restartTask(name: string, task: number): Promise<void>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Stops it for good, so that offsets can be changed; `resume` starts it again. */
  stop(name: string): Promise<void>;
  /** Removes the connector. Its offsets stay and are resumed under the same name. */
  remove(name: string): Promise<void>;
  offsets(name: string): Promise<SinkOffset[]>;
  /** Only on a stopped connector. Returns the cluster's own words. */
  setOffsets(name: string, offsets: readonly SinkOffset[]): Promise<string>;
  /** Only on a stopped connector: forgets all offsets. Returns the cluster's own words. */
  resetOffsets(name: string): Promise<string>;
  /** Topics the connector has used since its creation. */
  topics(name: string): Promise<string[]>;
  plugins(): Promise<Plugin[]>;
  pluginSettings(pluginClass: string): Promise<SettingDefinition[]>;
}
