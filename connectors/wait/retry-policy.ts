import { ConnectError } from '../../core/errors.ts';
import { retry } from '../../core/retry.ts';

/** A rebalance ends in seconds, a worker is back within half a minute: about 40 s; what lasts longer needs a person. */
const REBALANCE_RETRY = { attempts: 14, baseMs: 250, maxMs: 5_000 };

/** Tries again while the cluster rebalances, a worker restarts or answers get lost, a bounded number of times. */
export const withRetry = <T>(task: (attempt: number) => Promise<T>, signal?: AbortSignal): Promise<T> =>
  retry(task, { ...REBALANCE_RETRY, signal });

/** As `withRetry` for the first question: an address where nothing listens or answers is reported at once; after an answer, silence is a worker that restarts. */
export const withFirstAnswer = <T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> =>
  retry(task, {
    ...REBALANCE_RETRY,
    when: (error) => error instanceof ConnectError && error.code === 'NOT_READY',
    signal,
  });
