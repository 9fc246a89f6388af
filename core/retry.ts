import { setTimeout as sleep } from 'node:timers/promises';
import { anySignal } from './abort.ts';
import { ConnectError } from './errors.ts';

/** How often and how long to try again. Times in milliseconds. */
export interface RetryOptions {
  readonly attempts: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Which errors are worth another try. Default: a ConnectError that says so itself. */
  readonly when?: (error: unknown) => boolean;
  readonly onRetry?: (error: unknown) => void;
}

const saysItIsRetryable = (error: unknown): boolean => error instanceof ConnectError && error.retryable;

/** Delay before try number `attempt` (from 1): doubles up to `maxMs`, with full jitter so that clients spread out. */
export function backoffMs(attempt: number, options: Pick<RetryOptions, 'baseMs' | 'maxMs'>): number {
  const ceiling = Math.min(options.maxMs, options.baseMs * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
}

/** Runs `task` until it succeeds, its error is not worth a retry, or the attempts are used up; then throws the last error. */
export async function retry<T>(task: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const when = options.when ?? saysItIsRetryable;
  for (let attempt = 1; ; attempt += 1) {
    options.signal?.throwIfAborted();
    try {
      return await task(attempt);
    } catch (error) {
      if (attempt >= options.attempts || !when(error)) throw error;
      options.onRetry?.(error);
      await sleep(backoffMs(attempt, options), undefined, { signal: options.signal });
    }
  }
}

/** What `waitFor` waits with. Times in milliseconds. */
export interface WaitOptions {
  readonly timeoutMs: number;
  /** A pause, or how long it is after that many looks. Default 200. */
  readonly everyMs?: number | ((looks: number) => number);
  readonly signal?: AbortSignal | undefined;
  /** What is awaited, for the time-out's message: "the connector to run". A function tells it when the time is up. */
  readonly what: string | (() => string);
}

/** A timer of Node that is set for longer ends at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Polls `probe` until it returns something other than undefined and false. The probe's signal ends with the time, and with
 * `options.signal`, so that a question without an answer does not outlive the wait.
 * Throws TIMEOUT, with the probe's last error as cause, after `timeoutMs`.
 */
export async function waitFor<T>(
  probe: (signal: AbortSignal) => Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const { everyMs = 200, timeoutMs } = options;
  const deadline = Date.now() + timeoutMs;
  const time = AbortSignal.timeout(Math.min(timeoutMs, LONGEST_TIMER_MS));
  const ends = anySignal([options.signal, time]);
  let last: unknown;
  for (let looks = 1; ; looks += 1) {
    options.signal?.throwIfAborted();
    try {
      const value = await probe(ends);
      if (value !== undefined && value !== false) return value;
      last = undefined;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof ConnectError && !error.retryable) throw error;
      // That the time is up is no answer; the one before it is.
      if (!time.aborted) last = error;
    }
    if (time.aborted || Date.now() >= deadline) {
      const what = typeof options.what === 'string' ? options.what : options.what();
      const because = last instanceof Error ? `; last answer: ${last.message}` : '';
      throw new ConnectError('TIMEOUT', `waited ${timeoutMs / 1000} s for ${what}${because}`, { cause: last });
    }
    const pauseMs = typeof everyMs === 'number' ? everyMs : everyMs(looks);
    await sleep(pauseMs, undefined, { signal: options.signal });
  }
}
