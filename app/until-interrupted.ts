import { once } from 'node:events';

/** Resolves when the user interrupts. */
export async function untilInterrupted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
