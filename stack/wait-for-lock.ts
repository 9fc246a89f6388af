import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { ConnectError } from '../core/errors.ts';

export interface LockOptions {
  /** A holder that was killed is recognised after this long. */
  readonly staleMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called once when somebody else holds it. */
  readonly onWait: () => void;
  /** Called when somebody else has taken us, suspended for longer than `staleMs`, for dead. */
  readonly onLost: () => void;
}

/** Holds `name` in the folder as soon as nobody else does. Returns what lets go of it. Errors: INTERRUPTED. */
export async function waitForLock(folder: string, name: string, options: LockOptions): Promise<() => Promise<void>> {
  const { staleMs, signal, onWait, onLost } = options;
  for (let attempt = 0; ; attempt += 1) {
    if (signal?.aborted) throw new ConnectError('INTERRUPTED', 'interrupted');
    try {
      return await lock(folder, {
        lockfilePath: join(folder, name),
        realpath: false,
        stale: staleMs,
        update: staleMs / 5,
        onCompromised: onLost,
      });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      if (attempt === 0) onWait();
      await sleep(100);
    }
  }
}
