import { ConnectError } from '../core/errors.ts';
import type { ConfigChange, PlanEntry } from './plan/entry.ts';
import type { Fingerprint } from './plan/fingerprint.ts';
import type { DesiredSink, ObservedSink, SinkConfig, SinkOffset, SinkTasks } from './sink-config.ts';
import type { DeployOutcome, Wait } from './wait/wait.ts';

/**
 * Where sinks run: a Kafka Connect cluster, or a service that runs the workers itself. What a host cannot do it does not have: no
 * method only throws. What does not exist is undefined where a question allows it, otherwise NOT_FOUND.
 * Errors of every method: UNREACHABLE, TIMEOUT, NOT_READY, REFUSED.
 */
export interface SinkHost {
  /** For messages: "Kafka Connect at 127.0.0.1:19383". */
  readonly label: string;
  /** Each sink has workers of its own, so that several are deployed at once. Default: one after the other, because each deploy moves the tasks of all. */
  readonly sideBySide?: boolean | undefined;
  /** A service that slows down whoever asks often: it is not asked for a sink more often than this, by who looks time and again. */
  readonly lookEveryMs?: number | undefined;
  /** The Node.js that later versions of this host's client will want: `whose` client, which `version`, since when. */
  readonly nextNode?: { readonly whose: string; readonly version: string; readonly since: string } | undefined;
  /** Bound of one wait, unless the user says another. */
  readonly defaultTimeoutMs: number;
  /** Names of all connectors, the project's and others. */
  list(): Promise<string[]>;
  /** `withTaskConfigs`: what each task was given as well, where the host says; a worker does not while it rebalances. */
  observe(name: string, options?: { readonly withTaskConfigs: boolean }): Promise<ObservedSink | undefined>;
  /** Every connector in one answer, for who looks at many again and again. */
  readonly observeAll?: (() => Promise<ReadonlyMap<string, ObservedSink>>) | undefined;
  /** What a deploy would do, and what the plan was made from. Changes nothing. */
  plan(desired: DesiredSink): Promise<SinkPlan>;
  /**
   * Does what was agreed to and waits until the sink is as wanted; failed tasks of one that is as wanted are started again.
   * Looks once more first, and refuses when that comes to another plan than `agreed`. What was changed and does not run is put
   * back, the offsets of its group included. Errors: UNSAFE when it is not as agreed any more; DEPLOY_FAILED after a rollback,
   * ROLLBACK_FAILED when that failed too.
   */
  deploy(desired: DesiredSink, agreed: readonly PlanEntry[], wait: DeployWait): Promise<DeployResult>;
  /** Pauses, resumes, restarts and removes are taken by the host when they answer; `observe` shows when they are done. */
  pause(name: string, wait: Wait): Promise<void>;
  resume(name: string, wait: Wait): Promise<void>;
  restart(name: string, options: { readonly onlyFailed: boolean }, wait: Wait): Promise<void>;
  /** Offsets stay and are resumed under the same name. One that is gone already is as good. */
  remove(name: string, wait: Wait): Promise<void>;
  /** Gives up a sink's tasks, so that its offsets can be changed; `resume` starts it again. Errors: REFUSED before anything was changed. */
  stop(name: string, wait: Wait): Promise<void>;
  /**
   * What a stop costs on a host that has no call for it, for plans: it deletes the connector, and `resume` creates it anew, running.
   */
  readonly stopEffect?: string | undefined;
  readonly offsets: OffsetApi;
  /** As `deploy`, but ends once the host has taken the configuration; nothing is put back then. */
  readonly submit?:
    | ((desired: DesiredSink, agreed: readonly PlanEntry[], wait: Wait) => Promise<DeployResult>)
    | undefined;
  /** What the workers have against a configuration; empty when they accept it. */
  readonly validate?: ((config: SinkConfig) => Promise<ConfigFinding[]>) | undefined;
  readonly plugins?: (() => Promise<Plugin[]>) | undefined;
  readonly worker?: (() => Promise<WorkerInfo>) | undefined;
  /** What a worker of this host would be started with, for a host whose own workers validate nothing beforehand. */
  readonly workerFor?: ((desired: DesiredSink) => Promise<WorkerModel>) | undefined;
}

/** Changes of a stopped sink's offsets. */
export interface OffsetApi {
  /** Errors: REFUSED, UNREACHABLE when this sink cannot be stopped, or its offsets cannot be changed then. Changes nothing. */
  require(name: string): Promise<void>;
  /** Sets these partitions' next offsets; ends once they are committed. */
  set(name: string, offsets: readonly SinkOffset[], wait: Wait): Promise<void>;
  /** Forgets all offsets. */
  forget(name: string, wait: Wait): Promise<void>;
}

/** What becomes of one sink: its connector, and what has to be there before it. */
export interface SinkPlan {
  /** The connector's entry is the last. No entry shows a secret. */
  readonly entries: readonly PlanEntry[];
  readonly fingerprint: Fingerprint;
}

export interface DeployWait extends Wait {
  /** How often what failed is started again before it counts as failed, where the host lists tasks. Default 3. */
  readonly restarts?: number | undefined;
  /** Whether what was changed and does not run is put back. Default true. */
  readonly rollback?: boolean | undefined;
}

export interface DeployResult extends Omit<SinkTasks, 'state'> {
  readonly connector: string;
  readonly outcome: DeployOutcome;
  /** Empty when created or unchanged. */
  readonly changes: readonly ConfigChange[];
  /** What it is now; undefined when that was not waited for. */
  readonly state: string | undefined;
  /** How often something that had failed was started again. */
  readonly restarts: number;
  readonly durationMs: number;
}

/** A setting the worker refuses, with its reasons. Values are not repeated. */
export interface ConfigFinding {
  readonly key: string;
  readonly errors: readonly string[];
}

/** The error for a configuration that a worker refuses, setting by setting. `headline` says which worker refuses what. */
export function refusedConfig(connector: string, headline: string, findings: readonly ConfigFinding[]): ConnectError {
  const lines = findings.map(({ key, errors }) => `  ${key}: ${errors.join(' ')}`);
  return new ConnectError('REFUSED', [`${headline}; nothing was changed`, ...lines].join('\n'), {
    details: { connector, findings },
    hint: '`connect render --explain` shows where each setting comes from',
  });
}

export interface Plugin {
  readonly class: string;
  readonly type: string;
  /** Left out by plugins that say none. */
  readonly version?: string;
}

export interface WorkerInfo {
  /** Version of Kafka Connect. */
  readonly version: string;
  /** When the worker says it answered; undefined when it does not say. */
  readonly date: Date | undefined;
}

/** A worker that can be started here to validate a sink. */
export interface WorkerModel {
  /** The sink's own settings. */
  readonly config: SinkConfig;
  /** Java properties of the worker. */
  readonly properties: Readonly<Record<string, string>>;
  /** Path of the plugin's ZIP. */
  readonly plugin: string;
}
