import { fork } from 'node:child_process';
import { join } from 'node:path';
import { ConnectError } from '../../core/errors.ts';

/** What a peer answers when it is done. */
export interface PeerResult {
  /** Records, rows or updates. */
  readonly count: number;
  /** From the first of them to the last. */
  readonly seconds: number;
  /** Resident memory of the process at its highest, MiB. */
  readonly peakRssMb: number;
  /** Resident memory every second. */
  readonly rssMb: readonly number[];
}

/** Runs a script of this folder in a process of its own, as it would run in life. Errors: INTERNAL with its last words. */
export async function runPeer<Settings extends object>(script: string, settings: Settings): Promise<PeerResult> {
  const child = fork(join(import.meta.dirname, `${script}.js`), [], {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    // Buffers arrive as buffers, bigints as bigints.
    serialization: 'advanced',
  });
  let words = '';
  child.stderr?.on('data', (chunk) => {
    words = (words + String(chunk)).slice(-2_000);
  });
  child.send(settings);
  return new Promise((resolve, reject) => {
    child.on('message', (message) => resolve(message as PeerResult));
    child.on('exit', (code) => reject(new ConnectError('INTERNAL', `${script} ended with ${code}: ${words.trim()}`)));
    child.on('error', reject);
  });
}

/** The other side: waits for the settings, does the task, answers. */
export function servePeer<Settings>(task: (settings: Settings) => Promise<{ count: number; seconds: number }>): void {
  process.once('message', (settings: Settings) => {
    const rssMb: number[] = [];
    const timer = setInterval(() => rssMb.push(Math.round(process.memoryUsage.rss() / 2 ** 20)), 1_000);
    task(settings).then(
      ({ count, seconds }) => {
        clearInterval(timer);
        const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
        process.send?.({ count, seconds, peakRssMb, rssMb } satisfies PeerResult, () => process.exit(0));
      },
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : error}\n`, () => process.exit(1));
      },
    );
  });
}
