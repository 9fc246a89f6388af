import { ConnectError } from '../../core/errors.ts';
import { claimText, type HeldLock, type Lock } from '../lock/lock.ts';
import type { StreamView } from './view.ts';

/** Whether this watch acts on a stream, and why it does not. */
export interface Role {
  readonly role: StreamView['role'];
  /** Who acts instead. */
  readonly owner?: string | undefined;
  readonly reason?: string | undefined;
}

/** Of the watches of one stream, one acts. */
export type Leadership = ReturnType<typeof createLeadership>;

/** `isDryRun`: it takes no lock, because it writes nothing. */
export function createLeadership(lock: Lock, { isDryRun }: { readonly isDryRun: boolean }) {
  let held: HeldLock | undefined;

  async function take(signal: AbortSignal): Promise<Role> {
    // What was lost is still written there, and would be waited for.
    await held?.release().catch(() => {});
    held = undefined;
    const taken = await lock.tryTake('connect watch', signal);
    if (!('require' in taken)) return { role: 'stands-by', owner: claimText(taken) };
    held = taken;
    return { role: 'leads' };
  }

  return {
    /** Keeps the lock or takes it. `isKafkaOk`: whether the lock can be read now. */
    async look(isKafkaOk: boolean, signal: AbortSignal): Promise<Role> {
      if (isDryRun) return { role: 'only-reports', reason: 'a dry run' };
      if (held?.isHeld()) return { role: 'leads' };
      const reason = 'there is no lock: Kafka does not answer';
      if (!isKafkaOk) return { role: 'only-reports', reason };
      try {
        return await take(signal);
      } catch (error) {
        return { role: 'only-reports', reason: `there is no lock: ${ConnectError.from(error).message}` };
      }
    },
    /** At this moment. */
    isLeading: (): boolean => held?.isHeld() === true,
    async close(): Promise<void> {
      await held?.release().catch(() => {});
    },
  };
}
