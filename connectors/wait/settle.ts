import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import { retry, waitFor } from '../../core/retry.ts';
import type { SinkConfig } from '../render/render-sink.ts';
import type { DeployOptions } from '../rest/deploy.ts';
import type { ConnectorStatus } from '../targets/target.ts';
import { failedError } from './failed-error.ts';
import { type FailedPart, failuresOf } from './failure.ts';
import { createProgress, type Observation, type TaskCount } from './progress.ts';
import { isIn, type WantedState } from './run-state.ts';

/** A rebalance ends in seconds, a worker is back within half a minute: about 40 s; what lasts longer needs a person. */
export const PATIENCE = { attempts: 14, baseMs: 250, maxMs: 5_000 };
const POLL_MS = 200;
const RESTART_BACKOFF_MS = 1_000;

/** What stood before, as far as it may be mistaken for what comes. */
export interface SettleOptions {
  /** What every task is to have been told. */
  readonly config: SinkConfig;
  readonly settleMs: number;
  readonly before?: ConnectorStatus;
  readonly oldMembers?: ReadonlySet<string>;
}

/**
 * Waits until connector and tasks run; starts what failed again, a bounded number of times with growing pauses.
 * Errors: REFUSED with cause, record and hint when something still fails; TIMEOUT.
 */
export async function settle(
  options: DeployOptions,
  wait: SettleOptions,
): Promise<{ status: ConnectorStatus; restarts: number }> {
  const { target, signal, onEvent } = options;
  const { config, settleMs } = wait;
  const name = options.stream.sink.name;
  const allowed = options.restarts ?? 3;
  const deadline = Date.now() + options.timeoutMs;
  let progress = createProgress(wait);
  let restarts = 0;
  let told = '';
  for (;;) {
    signal?.throwIfAborted();
    const observed = await observe(options);
    const verdict = progress.judge(observed, Date.now());
    if (verdict.kind === 'settled') return { status: verdict.status, restarts };
    if (verdict.kind === 'failed') {
      const failures = failuresOf(verdict.status, options.stream);
      if (restarts >= allowed) throw stillFailing(name, failures, restarts);
      restarts += 1;
      onEvent?.({ kind: 'restarting', attempt: restarts, of: allowed, failures });
      await sleep(RESTART_BACKOFF_MS * 2 ** (restarts - 1), undefined, signal ? { signal } : {});
      await retry(() => target.restart(name, { onlyFailed: true }), PATIENCE);
      progress = createProgress({ config, settleMs, before: verdict.status });
    } else {
      const line = JSON.stringify(verdict.count);
      if (line !== told) onEvent?.({ kind: 'waiting', ...verdict.count });
      told = line;
    }
    if (Date.now() >= deadline)
      throw tooSlow(name, options.timeoutMs, verdict.kind === 'waiting' ? verdict.count : undefined);
    await sleep(POLL_MS, undefined, signal ? { signal } : {});
  }
}

/** Waits until a connector that is held back and its tasks are really there. Errors: TIMEOUT. */
export async function settleHeld(
  { target, stream, timeoutMs, signal }: DeployOptions,
  state: WantedState,
): Promise<{ status: ConnectorStatus; restarts: number }> {
  const { name } = stream.sink;
  const status = await waitFor(
    async () => {
      const now = await target.status(name);
      return now !== undefined && isIn(now, state) ? now : undefined;
    },
    { what: `${name} to be ${state}`, timeoutMs, ...(signal === undefined ? {} : { signal }) },
  );
  return { status, restarts: 0 };
}

/** Whether the connector and as many tasks as its configuration has are RUNNING. */
export const isHealthy = (status: ConnectorStatus | undefined, config: SinkConfig): boolean =>
  status?.state === 'RUNNING' &&
  status.tasks.length === Number(config['tasks.max']) &&
  status.tasks.every((task) => task.state === 'RUNNING');

/** What is seen of the connector now; undefined while the cluster has nothing to say about it yet. */
async function observe({ target, stream, members }: DeployOptions): Promise<Observation | undefined> {
  try {
    const status = await target.status(stream.sink.name);
    if (status === undefined) return undefined;
    const [tasks, present] = await Promise.all([target.tasks(stream.sink.name), members?.()]);
    return { status, taskConfigs: tasks.map((task) => task.config), members: present };
  } catch (error) {
    // A rebalance, or a worker on its way up: the deadline decides how long that may last.
    if (error instanceof ConnectError && (error.retryable || error.code === 'NOT_FOUND')) return undefined;
    throw error;
  }
}

function stillFailing(name: string, failures: readonly FailedPart[], restarts: number): ConnectError {
  const again = restarts === 0 ? '' : ` and failed again after ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`;
  return failedError(`${name} FAILED${again}`, { connector: name, failures });
}

function tooSlow(name: string, timeoutMs: number, count: TaskCount | undefined): ConnectError {
  const seen = count === undefined ? 'it keeps failing' : `${count.running} of ${count.expected} tasks are RUNNING`;
  return settleTimeout(`${name} does not run as deployed after ${timeoutMs / 1000} s: ${seen}`, {
    connector: name,
    ...count,
  });
}

/** The TIMEOUT error of waiting for connector and tasks; `details` is for machines. */
export const settleTimeout = (message: string, details: Readonly<Record<string, unknown>>): ConnectError =>
  new ConnectError('TIMEOUT', message, {
    details,
    hint: 'a busy cluster may need longer: --timeout 10m; the log of the worker says what it is doing',
  });
