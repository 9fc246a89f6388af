import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { ConnectError } from '../core/errors.ts';
import type { StateFolder } from './folders.ts';
import type { StackEvent } from './types.ts';

/** A holder that was killed is recognised after this long. */
const STALE_MS = 5_000;

/**
 * Runs `task` while nobody else changes this project's stack; waits for whoever does. The signal handed to the task is
 * also aborted when the lock is lost, which takes a process suspended for longer than a waiting one will wait.
 */
export async function withStackLock<T>(
  folder: StateFolder,
  options: { signal?: AbortSignal | undefined; onEvent?: ((event: StackEvent) => void) | undefined },
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await acquire(folder, lost, options);
  try {
    return await task(AbortSignal.any([lost.signal, ...(options.signal === undefined ? [] : [options.signal])]));
  } finally {
    if (!lost.signal.aborted) await release();
  }
}

async function acquire(
  folder: StateFolder,
  lost: AbortController,
  options: { signal?: AbortSignal | undefined; onEvent?: ((event: StackEvent) => void) | undefined },
): Promise<() => Promise<void>> {
  for (let attempt = 0; ; attempt += 1) {
    if (options.signal?.aborted) throw new ConnectError('INTERRUPTED', 'interrupted');
    try {
      return await lock(folder.path, {
        lockfilePath: join(folder.path, 'stack.lock'),
        realpath: false,
        stale: STALE_MS,
        update: STALE_MS / 5,
        onCompromised: () =>
          lost.abort(new ConnectError('UNSAFE', 'another `connect` has taken over the stack of this project')),
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      if (attempt === 0) {
        options.onEvent?.({ kind: 'note', message: 'another `connect` is at work on this stack; waiting for it' });
      }
      await sleep(100);
    }
  }
}
