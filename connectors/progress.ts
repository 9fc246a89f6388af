import type { SinkConfig } from './render.ts';
import type { ConnectorStatus } from './targets/target.ts';

export interface TaskCount {
  readonly running: number;
  readonly expected: number;
}

export type Verdict =
  | { readonly kind: 'waiting'; readonly count: TaskCount }
  | { readonly kind: 'failed'; readonly status: ConnectorStatus }
  | { readonly kind: 'settled'; readonly status: ConnectorStatus };

/** Judges one look at a connector after the other. */
export interface Progress {
  /** `observed` undefined: the cluster had no answer. `now` in milliseconds. */
  judge(
    observed: { readonly status: ConnectorStatus; readonly taskConfigs: readonly SinkConfig[] } | undefined,
    now: number,
  ): Verdict;
}

export interface ProgressOptions {
  readonly config: SinkConfig;
  readonly settleMs: number;
  /** Status before an update: a task that still shows it may be the old one. */
  readonly before?: ConnectorStatus;
  /** Status that a restart was asked for: a part that still shows its failure may not have been restarted yet. */
  readonly restarted?: ConnectorStatus;
}

/**
 * A worker gives a task 5 s to stop (task.shutdown.graceful.timeout.ms) and shows its old state meanwhile.
 * A state older than that is the new one's.
 */
const STALE_MS = 8_000;

/**
 * Connect answers a PUT, and a restart, before anything has happened, and goes on showing the old tasks' states.
 * So a state counts only once the tasks have the new configuration and either were seen in another state since, or enough
 * time has passed for a stale one to be gone. Everything RUNNING for `settleMs` without a break is settled.
 */
export function createProgress(options: ProgressOptions): Progress {
  const { config, settleMs } = options;
  const expected = Number(config['tasks.max']);
  const stale = staleStates(options);
  let firstLook: number | undefined;
  let runningSince: number | undefined;

  return {
    judge(observed, now) {
      firstLook ??= now;
      if (observed === undefined) {
        runningSince = undefined;
        return { kind: 'waiting', count: { running: 0, expected } };
      }
      const { status, taskConfigs } = observed;
      const parts = partsOf(status);
      for (const [part, state] of stale) if (parts.get(part) !== state) stale.delete(part);
      if (now - firstLook >= STALE_MS) stale.clear();

      const upToDate = taskConfigs.length === expected && taskConfigs.every((task) => carries(task, config));
      const failedNow = (part: string): boolean => !stale.has(part) && (parts.get(part) ?? '').startsWith('FAILED');
      // Until the tasks have the new configuration only the connector's own failure is news.
      const failed = failedNow(CONNECTOR) || (upToDate && status.tasks.some((task) => failedNow(partOf(task.id))));
      if (failed) return { kind: 'failed', status };
      const running = status.tasks.filter((task) => task.state === 'RUNNING' && !stale.has(partOf(task.id))).length;
      const allRunning = upToDate && stale.size === 0 && status.state === 'RUNNING' && running === expected;
      if (!allRunning) {
        runningSince = undefined;
        return { kind: 'waiting', count: { running: upToDate ? running : 0, expected } };
      }
      runningSince ??= now;
      return now - runningSince >= settleMs
        ? { kind: 'settled', status }
        : { kind: 'waiting', count: { running, expected } };
    },
  };
}

const CONNECTOR = 'connector';
const partOf = (task: number): string => `task ${task}`;

/** State, place and failure of each part: what distinguishes one run of it from the next. */
function partsOf(status: ConnectorStatus): Map<string, string> {
  const parts = new Map([[CONNECTOR, `${status.state} ${status.worker} ${status.trace ?? ''}`]]);
  for (const { id, state, worker, trace } of status.tasks) parts.set(partOf(id), `${state} ${worker} ${trace ?? ''}`);
  return parts;
}

function staleStates({ before, restarted }: ProgressOptions): Map<string, string> {
  if (restarted !== undefined) {
    return new Map([...partsOf(restarted)].filter(([, state]) => state.startsWith('FAILED')));
  }
  if (before === undefined) return new Map();
  const parts = partsOf(before);
  // The connector itself is RUNNING throughout an update of its tasks on some versions; only its failure is stale.
  if (before.state !== 'FAILED') parts.delete(CONNECTOR);
  return parts;
}

/** Whether a task was told all of this configuration; the worker adds keys of its own. */
const carries = (task: SinkConfig, config: SinkConfig): boolean =>
  Object.entries(config).every(([key, value]) => task[key] === value);
