import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { ObservedSink } from '../sink-config.ts';
import { failedError } from './failed-error.ts';
import { failuresOf } from './failure.ts';
import { createProgress, type Observation, type ProgressOptions, type TaskCount } from './progress.ts';
import { SETTLE_MS, type Wait } from './wait.ts';

const POLL_MS = 200;
const RESTART_BACKOFF_MS = 1_000;

/** A sink that has to run, and what stood before, as far as that may be mistaken for what comes. */
export interface RunningSink extends Omit<ProgressOptions, 'settleMs'> {
  readonly stream: StreamDefinition;
  observe(): Promise<ObservedSink | undefined>;
  /** Members of the sink's group now. */
  members?: (() => Promise<ReadonlySet<string> | undefined>) | undefined;
  /** Starts what failed again, so often, before it counts as failed. Left out: the first failure is the end. */
  readonly restarts?: { readonly allowed: number; restart(): Promise<void> } | undefined;
  /** The error when the time is up. Default: how many tasks run. */
  tooSlow?: ((count: TaskCount | undefined) => Promise<ConnectError>) | undefined;
}

/**
 * Waits until connector and tasks run and stay so.
 * Errors: REFUSED with cause, record and hint when something fails; TIMEOUT.
 */
export async function waitUntilRunning(
  wanted: RunningSink,
  wait: Wait,
): Promise<{ readonly sink: ObservedSink; readonly restarts: number }> {
  const { stream, restarts: { allowed, restart } = { allowed: 0, restart: async () => {} } } = wanted;
  const { signal, onEvent, settleMs = SETTLE_MS, pollMs = POLL_MS } = wait;
  const deadline = Date.now() + wait.timeoutMs;
  let progress = createProgress({ ...wanted, settleMs });
  let restarts = 0;
  let reported = '';
  for (;;) {
    signal?.throwIfAborted();
    const verdict = progress.judge(await look(wanted), Date.now());
    if (verdict.kind === 'settled') return { sink: verdict.sink, restarts };
    if (verdict.kind === 'failed') {
      if (restarts >= allowed) throw sinkFailure(verdict.sink, stream, restarts);
      restarts += 1;
      onEvent?.({ kind: 'restarting', attempt: restarts, of: allowed, failures: failuresOf(verdict.sink, stream) });
      await sleep(RESTART_BACKOFF_MS * 2 ** (restarts - 1), undefined, { signal });
      await restart();
      progress = createProgress({ ...wanted, settleMs, before: verdict.sink, oldMembers: undefined });
    } else {
      const line = JSON.stringify(verdict.count);
      if (line !== reported) onEvent?.({ kind: 'waiting', ...verdict.count });
      reported = line;
    }
    if (Date.now() >= deadline) {
      const { tooSlow = async (count) => stillWaiting(stream, wait.timeoutMs, count) } = wanted;
      throw await tooSlow(verdict.kind === 'waiting' ? verdict.count : undefined);
    }
    await sleep(pollMs, undefined, { signal });
  }
}

/** What is seen now; undefined while the host has nothing to say: in a rebalance, or while a worker comes up. */
async function look({ observe, members }: RunningSink): Promise<Observation | undefined> {
  try {
    const sink = await observe();
    return sink === undefined ? undefined : { sink, members: await members?.() };
  } catch (error) {
    if (error instanceof ConnectError && (error.retryable || error.code === 'NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The error for a sink that does not run: cause, record and hint of everything that FAILED; `details.failures` has them as well. */
export function sinkFailure(sink: ObservedSink, stream: StreamDefinition, restarts = 0): ConnectError {
  const { name } = stream.sink;
  const again = restarts === 0 ? '' : ` and failed again after ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`;
  return failedError(`${name} does not run: FAILED${again}`, {
    connector: name,
    failures: failuresOf(sink, stream),
    hint: 'remove the cause, then run `connect restart --failed`',
  });
}

function stillWaiting({ sink }: StreamDefinition, timeoutMs: number, count: TaskCount | undefined): ConnectError {
  const seen = count === undefined ? 'it keeps failing' : `${count.running} of ${count.expected} tasks are RUNNING`;
  return new ConnectError('TIMEOUT', `${sink.name} does not run after ${timeoutMs / 1000} s: ${seen}`, {
    details: { connector: sink.name, ...count },
    hint: 'a busy cluster may need longer: --timeout 10m; the log of the worker says what it is doing',
  });
}
