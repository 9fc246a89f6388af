import type { ObservedSink, ObservedTask, SinkConfig } from '../sink-config.ts';
import type { GroupMembers } from '../sink-group.ts';

export type Verdict =
  | { readonly kind: 'waiting'; readonly running: number; readonly expected: number }
  | { readonly kind: 'failed'; readonly sink: ObservedSink }
  | { readonly kind: 'settled'; readonly sink: ObservedSink };

/** One look at a sink. */
export interface Observation {
  readonly sink: ObservedSink;
  /** Members of the sink's consumer group; undefined when Kafka does not say. */
  readonly members: GroupMembers;
}

/** Judges one look at a connector after the other. */
export type Progress = ReturnType<typeof createProgress>;

export interface ProgressOptions {
  /** What every task has to have been given. Default: what the sink shows is taken for it. */
  readonly config?: SinkConfig | undefined;
  readonly expectedTasks: number;
  /** How long everything must stay RUNNING. */
  readonly settleMs: number;
  /** The sink before a change or a restart: a failure that still shows may be the old one. */
  readonly before?: ObservedSink | undefined;
  /** The tasks of `before` are broken: one that still ran may fail before Connect replaces it. Default false. */
  readonly beforeIsBroken?: boolean | undefined;
  /** Members of the sink's group before a change: while one of them is left, an old task is. Left out when tasks need not be new. */
  readonly oldMembers?: GroupMembers;
}

/**
 * Connect gives a task 5 s to stop (task.shutdown.graceful.timeout.ms) and shows its old state meanwhile.
 * What is shown later than this is the new task's.
 */
const STALE_MS = 8_000;

/** A consumer that has died is a member for 45 s more (session.timeout.ms); a member after this is alive, and so is its task. */
const EVICTED_MS = 60_000;

/**
 * Connect answers a PUT, and a restart, before anything has happened, and goes on showing the old tasks' states, often
 * without a visible gap. So RUNNING only counts once the tasks were given the new configuration and their consumers are
 * new members of the group (or, where the group cannot be seen, once a stale state would be gone), and FAILED only when it
 * is another failure than before. Everything RUNNING for `settleMs` without a break is settled.
 */
export function createProgress({
  config,
  expectedTasks: expected,
  settleMs,
  before,
  beforeIsBroken = false,
  oldMembers,
}: ProgressOptions) {
  const oldFailures = failuresIn(before);
  let firstLook: number | undefined;
  let runningSince: number | undefined;

  const waiting = (running: number): Verdict => ({ kind: 'waiting', running, expected });

  return {
    /** `observed` undefined: the cluster had no answer. `now` in milliseconds. */
    judge(observed: Observation | undefined, now: number): Verdict {
      firstLook ??= now;
      if (observed === undefined) {
        runningSince = undefined;
        return waiting(0);
      }
      const { sink, members } = observed;
      const isLate = now - firstLook >= STALE_MS;
      const failures = failuresIn(sink);
      for (const [part, failure] of oldFailures) {
        if (isLate || failures.get(part) !== failure) oldFailures.delete(part);
      }
      const tasks = withConfig(sink.tasks);
      const hasConfig = tasks.length >= expected && tasks.every((task) => isGiven(task, config ?? sink.config));
      // Until the tasks have the new configuration only the connector's own failure is news.
      const isOfNewTask = hasConfig && (isLate || !beforeIsBroken);
      const isNews = ([part]: [string, string]) => !oldFailures.has(part) && (isOfNewTask || part === CONNECTOR);
      if ([...failures].some(isNews)) return { kind: 'failed', sink };

      const isRenewed =
        oldMembers === undefined ||
        hasOnlyNew(members, oldMembers, expected) ||
        // A task on a worker that has died is shown as RUNNING until another worker has it, and its consumer as a member.
        (isLate && !hasOld(members, oldMembers)) ||
        now - firstLook >= EVICTED_MS;
      const running = hasConfig && isRenewed ? sink.tasks.filter((task) => task.state === 'RUNNING').length : 0;
      if (sink.state !== 'RUNNING' || running < expected) {
        runningSince = undefined;
        return waiting(running);
      }
      runningSince ??= now;
      return now - runningSince >= settleMs ? { kind: 'settled', sink } : waiting(running);
    },
  };
}

const CONNECTOR = 'connector';

/** Each failed part with what distinguishes its failure from the next one. */
function failuresIn(sink: ObservedSink | undefined): Map<string, string> {
  const failures = new Map<string, string>();
  if (sink?.state === 'FAILED') failures.set(CONNECTOR, `${sink.worker} ${sink.trace}`);
  for (const { id, state, worker, trace } of sink?.tasks ?? []) {
    if (state === 'FAILED') failures.set(`task ${id}`, `${worker} ${trace}`);
  }
  return failures;
}

/** Every task has a consumer in the group, also one without partitions. */
const hasOnlyNew = (members: GroupMembers, old: ReadonlySet<string>, expected: number): boolean =>
  members !== undefined && members.size >= expected && [...members].every((member) => !old.has(member));

const hasOld = (members: GroupMembers, old: ReadonlySet<string>): boolean =>
  members !== undefined && [...members].some((member) => old.has(member));

/** Without the tasks that are only left in the status of a connector that has fewer now. */
const withConfig = (tasks: readonly ObservedTask[]): readonly ObservedTask[] =>
  tasks.filter(({ config }) => config === undefined || Object.keys(config).length > 0);

/** Whether the tasks have exactly this configuration, so that Connect sees no reason to start them anew. */
export const haveConfig = (tasks: readonly ObservedTask[], config: SinkConfig): boolean =>
  withConfig(tasks).length === Number(config['tasks.max']) &&
  withConfig(tasks).every(
    (task) =>
      isGiven(task, config) && Object.keys(task.config ?? {}).every((key) => key in config || isAddedToTasks(key)),
  );

/** Keys that worker and plugin add to a task's configuration: `task.class`, `task.id`, and the name where it was left out. */
const isAddedToTasks = (key: string): boolean => key.startsWith('task.') || key === 'name';

/** Whether a task was given all of this configuration, as far as the host says; the worker adds keys of its own. */
const isGiven = (task: ObservedTask, config: SinkConfig): boolean =>
  task.config === undefined || Object.entries(config).every(([key, value]) => task.config?.[key] === value);

/** Whether the connector and as many tasks as it should have are RUNNING. */
export const isHealthy = ({ state, tasks, expectedTasks }: ObservedSink): boolean =>
  state === 'RUNNING' && tasks.length === expectedTasks && tasks.every((task) => task.state === 'RUNNING');
