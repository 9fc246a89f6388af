/** Aborted when one of these is; undefined ones do not count. */
export const anySignal = (signals: readonly (AbortSignal | undefined)[]): AbortSignal =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));

/** The task's outcome, or the signal's reason once it is aborted; what the task still does then is nobody's business. */
export function untilAborted<T>(signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    task()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', stop));
  });
}
