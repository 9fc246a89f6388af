import { hostname, userInfo } from 'node:os';
import type { SinkHost } from '../../connectors/host.ts';
import type { Wait } from '../../connectors/wait/wait.ts';
import { anySignal } from '../../core/abort.ts';
import { ConnectError } from '../../core/errors.ts';
import type { StreamSource } from '../read-records.ts';
import type { ClaimLog } from './claim.ts';
import { guardedHost } from './guarded-host.ts';
import { kafkaClaimLog } from './kafka-claim-log.ts';
import { claimText, createLock, type HeldLock, type Lock } from './lock.ts';

/** What is done to a sink under its lock. */
export interface LockedAction extends StreamSource, Wait {
  readonly host: SinkHost;
}

/** This process, for others to read. */
export const thisOwner = (): string => `${userInfo().username}@${hostname()}, process ${process.pid}`;

/** The lock of a stream's sink: whoever acts on the sink holds it. */
export const sinkLock = (source: StreamSource, log: ClaimLog = kafkaClaimLog(source, 'sink')): Lock =>
  createLock({ log, name: source.stream.sink.name, owner: thisOwner() });

/**
 * Does something to a sink while nobody else does: takes its lock, waits for whoever has it, and asks before each write whether
 * the lock is still held. What a person asks for is done without a lock, and says so, where the topic of locks cannot be reached
 * or written: then watch cannot act either. Errors: NOT_READY when another one has it for longer than the time; UNSAFE when the
 * lock was lost on the way; those of the task.
 */
export async function whileLocked<A extends LockedAction, T>(
  action: A,
  purpose: string,
  task: (action: A) => Promise<T>,
  lock: Lock = sinkLock(action),
): Promise<T> {
  const { timeoutMs, signal, onEvent } = action;
  const note = (text: string): void => onEvent?.({ kind: 'note', text });
  const held = await lock
    .take(purpose, { timeoutMs, signal, onWait: (holder) => note(`waits for ${claimText(holder)}`) })
    .catch((error: unknown) => withoutLock(error, note));
  if (held === undefined) return task(action);
  try {
    const host = guardedHost(action.host, held.require);
    return await task({ ...action, host, signal: anySignal([signal, held.lost]) });
  } finally {
    // One that cannot be given back is forgotten by itself.
    await held.release().catch(() => {});
  }
}

/** Undefined where there can be no lock. Before the first deploy there is no topic of locks, and nothing to act on. */
function withoutLock(error: unknown, note: (text: string) => void): HeldLock | undefined {
  if (!(error instanceof ConnectError)) throw error;
  const { code, message } = error;
  if (code === 'NOT_FOUND') return undefined;
  if (code !== 'UNREACHABLE' && code !== 'TIMEOUT' && code !== 'REFUSED') throw error;
  note(`goes on without the lock that keeps others from acting on it: ${message}`);
  return undefined;
}
