import type { SinkConfig } from '../render/render-sink.ts';
import type { ConnectorStatus } from '../targets/target.ts';

export interface TaskCount {
  readonly running: number;
  readonly expected: number;
}

export type Verdict =
  | { readonly kind: 'waiting'; readonly count: TaskCount }
  | { readonly kind: 'failed'; readonly status: ConnectorStatus }
  | { readonly kind: 'settled'; readonly status: ConnectorStatus };

/** One look at a connector. */
export interface Observation {
  readonly status: ConnectorStatus;
  /** What each task was last told to do. */
  readonly taskConfigs: readonly SinkConfig[];
  /** Members of the sink's consumer group; undefined when Kafka does not say. */
  readonly members: ReadonlySet<string> | undefined;
}

/** Judges one look at a connector after the other. */
export interface Progress {
  /** `observed` undefined: the cluster had no answer. `now` in milliseconds. */
  judge(observed: Observation | undefined, now: number): Verdict;
}

export interface ProgressOptions {
  readonly config: SinkConfig;
  /** How long everything must stay RUNNING. */
  readonly settleMs: number;
  /** Status before a change or a restart: a failure that still shows may be the old one. */
  readonly before?: ConnectorStatus;
  /** Members of the sink's group before a change: while one of them is left, an old task is. Left out when tasks need not be new. */
  readonly oldMembers?: ReadonlySet<string>;
}

/**
 * Connect gives a task 5 s to stop (task.shutdown.graceful.timeout.ms) and shows its old state meanwhile.
 * What is shown later than this is the new task's.
 */
const STALE_MS = 8_000;

/** A consumer that has died is a member for 45 s more (session.timeout.ms); who is one after this is alive, and so is its task. */
const EVICTED_MS = 60_000;

/**
 * Connect answers a PUT, and a restart, before anything has happened, and goes on showing the old tasks' states, often
 * without a visible gap. So RUNNING only counts once the tasks were given the new configuration and their consumers are
 * new members of the group (or, where the group cannot be seen, once a stale state would be gone), and FAILED only when it
 * is another failure than before. Everything RUNNING for `settleMs` without a break is settled.
 */
export function createProgress({ config, settleMs, before, oldMembers }: ProgressOptions): Progress {
  const expected = Number(config['tasks.max']);
  const oldFailures = failuresIn(before);
  let firstLook: number | undefined;
  let runningSince: number | undefined;

  const waiting = (running: number): Verdict => ({ kind: 'waiting', count: { running, expected } });

  return {
    judge(observed, now) {
      firstLook ??= now;
      if (observed === undefined) {
        runningSince = undefined;
        return waiting(0);
      }
      const { status, taskConfigs, members } = observed;
      const isLate = now - firstLook >= STALE_MS;
      const failures = failuresIn(status);
      for (const [part, failure] of oldFailures) {
        if (isLate || failures.get(part) !== failure) oldFailures.delete(part);
      }
      const isToldAnew = taskConfigs.length === expected && taskConfigs.every((task) => carries(task, config));
      // Until the tasks have the new configuration only the connector's own failure is news.
      const isNews = ([part]: [string, string]) => !oldFailures.has(part) && (isToldAnew || part === CONNECTOR);
      if ([...failures].some(isNews)) return { kind: 'failed', status };

      const isRenewed =
        oldMembers === undefined ||
        hasOnlyNew(members, oldMembers, expected) ||
        // A task on a worker that has died is shown as RUNNING until another worker has it, and its consumer as a member.
        (isLate && !hasOld(members, oldMembers)) ||
        now - firstLook >= EVICTED_MS;
      const running = isToldAnew && isRenewed ? status.tasks.filter((task) => task.state === 'RUNNING').length : 0;
      if (status.state !== 'RUNNING' || running < expected) {
        runningSince = undefined;
        return waiting(running);
      }
      runningSince ??= now;
      return now - runningSince >= settleMs ? { kind: 'settled', status } : waiting(running);
    },
  };
}

const CONNECTOR = 'connector';

/** Each failed part with what distinguishes its failure from the next one. */
function failuresIn(status: ConnectorStatus | undefined): Map<string, string> {
  const failures = new Map<string, string>();
  if (status?.state === 'FAILED') failures.set(CONNECTOR, `${status.worker} ${status.trace}`);
  for (const { id, state, worker, trace } of status?.tasks ?? []) {
    if (state === 'FAILED') failures.set(`task ${id}`, `${worker} ${trace}`);
  }
  return failures;
}

/** Every task has a consumer in the group, also one without partitions. */
const hasOnlyNew = (members: ReadonlySet<string> | undefined, old: ReadonlySet<string>, expected: number): boolean =>
  members !== undefined && members.size >= expected && [...members].every((member) => !old.has(member));

const hasOld = (members: ReadonlySet<string> | undefined, old: ReadonlySet<string>): boolean =>
  members !== undefined && [...members].some((member) => old.has(member));

/** Whether tasks were told exactly this, so that Connect sees no reason to start them anew. */
export const areTold = (tasks: readonly SinkConfig[], config: SinkConfig): boolean =>
  tasks.length === Number(config['tasks.max']) &&
  tasks.every((task) => carries(task, config) && Object.keys(task).every((key) => key in config || isTasksOwn(key)));

/** Keys that worker and plugin add to what a task is told: `task.class`, `task.id`, and the name where it was left out. */
const isTasksOwn = (key: string): boolean => key.startsWith('task.') || key === 'name';

/** Whether a task was told all of this configuration; the worker adds keys of its own. */
const carries = (task: SinkConfig, config: SinkConfig): boolean =>
  Object.entries(config).every(([key, value]) => task[key] === value);
