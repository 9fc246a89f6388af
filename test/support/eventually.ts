import { setTimeout as sleep } from 'node:timers/promises';

/** Repeats `check` until it no longer throws; after `timeoutMs` its last error is thrown. */
export async function eventually<T>(check: () => T | Promise<T>, { timeoutMs }: { timeoutMs: number }): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
