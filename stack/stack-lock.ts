import { ConnectError } from '../core/errors.ts';
import type { StateFolder } from './folders.ts';
import type { StackOptions } from './types.ts';
import { waitForLock } from './wait-for-lock.ts';

/**
 * Runs `task` while nobody else changes this project's stack; waits for whoever does. The signal handed to the task is
 * also aborted when the lock is lost, which takes a process suspended for longer than a waiting one will wait.
 */
export async function withStackLock<T>(
  folder: StateFolder,
  { signal, onEvent }: Pick<StackOptions, 'signal' | 'onEvent'>,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await waitForLock(folder.path, 'stack.lock', {
    staleMs: 5_000,
    signal,
    onWait: () => onEvent?.({ kind: 'note', message: 'another `connect` is at work on this stack; waiting for it' }),
    onLost: () => lost.abort(new ConnectError('UNSAFE', 'another `connect` has taken over the stack of this project')),
  });
  try {
    return await task(AbortSignal.any(signal === undefined ? [lost.signal] : [lost.signal, signal]));
  } finally {
    if (!lost.signal.aborted) await release();
  }
}
