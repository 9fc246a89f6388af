import type { StreamDefinition } from '../pipeline/types.ts';
import type { StartFrom } from './plan/start-plan.ts';

/** A connector's configuration as Kafka Connect takes it. Secrets are references which the worker resolves. */
export type SinkConfig = Readonly<Record<string, string>>;

/** The Avro fields of a stream; only their names matter here. */
export type SinkFields = readonly { readonly name: string }[];

/** States as Kafka Connect names them. */
export type RunState = 'RUNNING' | 'FAILED' | 'PAUSED' | 'STOPPED' | 'UNASSIGNED' | 'RESTARTING';

/** A sink as the files want it, in the words of Kafka Connect, wherever it runs. */
export interface DesiredSink {
  readonly stream: StreamDefinition;
  /** As `renderSink` makes it. */
  readonly config: SinkConfig;
  /** Where a sink begins that has to be created. */
  readonly from: StartFrom;
}

/** A deployed sink as its host shows it, in the words of Kafka Connect. No part of it holds a resolved secret. */
export interface ObservedSink {
  readonly name: string;
  readonly config: SinkConfig;
  /** UNASSIGNED while the host has not said. */
  readonly state: RunState;
  readonly worker: string;
  /** Java stack trace of a failed connector. */
  readonly trace?: string | undefined;
  readonly tasks: readonly ObservedTask[];
  /** How many tasks there are when all of them run. */
  readonly expectedTasks: number;
  /** What the host says of it besides, or could not find out, and why; for people. */
  readonly notes?: readonly string[] | undefined;
  /** Settings whose value the host decides, whatever the files say. */
  readonly decidedByHost: readonly string[];
}

export interface ObservedTask {
  readonly id: number;
  readonly state: RunState;
  readonly worker: string;
  /** Java stack trace of a failed task. */
  readonly trace?: string | undefined;
  /** The configuration that the task was last given; undefined when the host does not say. */
  readonly config?: SinkConfig | undefined;
  /** The host lists no tasks, and this one is not in the sink's group: it may have failed. */
  readonly absent?: boolean | undefined;
}

/** The next offset a sink reads of one partition; undefined forgets the offset. */
export interface SinkOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint | undefined;
}

/** Connector and tasks without stack traces. */
export interface SinkTasks {
  readonly state: string;
  readonly tasks: readonly { readonly id: number; readonly state: string; readonly worker: string }[];
}

export const withoutTraces = ({ state, tasks }: ObservedSink): SinkTasks => ({
  state,
  tasks: tasks.map((task) => ({ id: task.id, state: task.state, worker: task.worker })),
});
