import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../../core/errors.ts';
import type { StreamDefinition } from '../../pipeline/types.ts';
import type { SinkHost } from '../host.ts';
import type { ObservedSink } from '../sink-config.ts';
import { causeLines, type FailedPart, failuresOf, formatSuspects } from './failure.ts';
import { createProgress, type Observation, type ProgressOptions, type Verdict } from './progress.ts';
import { SETTLE_MS, type Wait } from './wait.ts';

const POLL_MS = 200;
const RESTART_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 15_000;

/** A sink that has to run, and what stood before, as far as that may be mistaken for what comes. */
export interface RunningSink extends Omit<ProgressOptions, 'settleMs'> {
  readonly stream: StreamDefinition;
  observe(): Promise<ObservedSink | undefined>;
  /** Members of the sink's group now. */
  members?: (() => Promise<ReadonlySet<string> | undefined>) | undefined;
  /** Starts what failed again, so often, before it counts as failed. Left out: the first failure is the end. */
  readonly restarts?: Restarts | undefined;
  /** The error when the time is up. Default: how many tasks run. */
  tooSlow?: (() => Promise<ConnectError>) | undefined;
}

/** How what failed is started again. */
export interface Restarts {
  /** So often; left out: until the time is up. */
  readonly allowed?: number | undefined;
  /** Only for failures like these; left out: for all. */
  readonly when?: ((failures: readonly FailedPart[]) => boolean) | undefined;
  restart(): Promise<void>;
}

/** A sink that is as it was wanted, and how often what had failed was started again. */
export interface ReachedSink {
  readonly sink: ObservedSink;
  readonly restarts: number;
}

/**
 * Waits until connector and tasks run and stay so.
 * Errors: REFUSED with cause, record and hint when something fails; TIMEOUT.
 */
export async function waitUntilRunning(wanted: RunningSink, wait: Wait): Promise<ReachedSink> {
  const { stream, restarts: again } = wanted;
  const { allowed = Number.POSITIVE_INFINITY, when = () => true } = again ?? { allowed: 0 };
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
      const failures = failuresOf(verdict.sink, stream);
      const isLast = restarts >= allowed || !when(failures) || Date.now() >= deadline;
      if (again === undefined || isLast) throw sinkFailure(verdict.sink, stream, restarts);
      restarts += 1;
      onEvent?.({ kind: 'restarting', attempt: restarts, of: again.allowed, failures });
      await sleep(Math.min(LONGEST_BACKOFF_MS, RESTART_BACKOFF_MS * 2 ** (restarts - 1)), undefined, { signal });
      await again.restart();
      progress = createProgress({ ...wanted, settleMs, before: verdict.sink, oldMembers: undefined });
    } else {
      const line = JSON.stringify(verdict);
      if (line !== reported) onEvent?.(verdict);
      reported = line;
    }
    if (Date.now() >= deadline) throw (await wanted.tooSlow?.()) ?? stillWaiting(stream, wait.timeoutMs, verdict);
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

/** The error for a sink that does not run: worker, cause, record and hint of everything that FAILED; `details.failures` has them as well. */
export function sinkFailure(sink: ObservedSink, stream: StreamDefinition, restarts = 0): ConnectError {
  const { name } = stream.sink;
  const again = restarts === 0 ? '' : ` and failed again after ${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`;
  const failures = failuresOf(sink, stream);
  const lines = failures.flatMap((failure) => [
    `  ${failure.task === undefined ? 'connector' : `task ${failure.task}`} on ${failure.worker}`,
    ...causeLines(failure),
  ]);
  const notes = (sink.notes ?? []).map((note) => `  note    ${note}`);
  return new ConnectError('REFUSED', [`${name} does not run: FAILED${again}`, ...lines, ...notes].join('\n'), {
    details: {
      connector: name,
      failures: failures.map(({ suspects, ...failure }) => ({ ...failure, record: formatSuspects(suspects) })),
    },
    hint:
      failures.find(({ hint }) => hint !== undefined)?.hint ?? 'remove the cause, then run `connect restart --failed`',
  });
}

/** Errors: REFUSED, as `sinkFailure`, when a deployed sink has failed. */
export async function requireNotFailed(host: Pick<SinkHost, 'observe'>, stream: StreamDefinition): Promise<void> {
  const sink = await host.observe(stream.sink.name);
  if (sink !== undefined && failuresOf(sink, stream).length > 0) throw sinkFailure(sink, stream);
}

function stillWaiting({ sink }: StreamDefinition, timeoutMs: number, verdict: Verdict): ConnectError {
  const { kind, ...count } = verdict.kind === 'waiting' ? verdict : { kind: 'failed' };
  const seen = 'running' in count ? `${count.running} of ${count.expected} tasks are RUNNING` : 'it keeps failing';
  return new ConnectError('TIMEOUT', `${sink.name} does not run after ${timeoutMs / 1000} s: ${seen}`, {
    details: { connector: sink.name, ...count },
    hint: 'a busy cluster may need longer: --timeout 10m; the log of the worker says what it is doing',
  });
}
