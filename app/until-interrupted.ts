import { once } from 'node:events';

/** A signal alone does not keep the process alive. */
const KEEP_ALIVE_MS = 60_000;

/** Resolves when the user interrupts. The process stays alive until then. */
export async function untilInterrupted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const alive = setInterval(() => {}, KEEP_ALIVE_MS);
  try {
    await once(signal, 'abort');
  } finally {
    clearInterval(alive);
  }
}
