import { spawn } from 'node:child_process';
import { closeSync, fchmodSync, openSync, renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { leaveOutOfCoreDumps } from '../core/core-dumps.ts';
import { ConnectError, messageOf } from '../core/errors.ts';
import { fileSize } from './log-tail.ts';
import type { LaunchCommand } from './part.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';

const MAX_OUTPUT_BYTES = 10 << 20;
/** A killed JVM gives back gigabytes first; how long it may take has nothing to do with how long it was asked politely. */
const KILL_GRACE_MS = 10_000;

/**
 * Starts a program that lives on without us: a session of its own, so that Ctrl-C in this terminal does not reach it,
 * and its output into a file. Errors: ENVIRONMENT when it cannot be run.
 */
export async function launch(command: LaunchCommand, marker: string, outputFile: string): Promise<ProcessIdentity> {
  keepOneOld(outputFile);
  const output = openSync(outputFile, 'a', 0o600);
  try {
    // An earlier version made it readable by all.
    fchmodSync(output, 0o600);
    const child = spawn(command.command, command.args, {
      detached: true,
      stdio: ['ignore', output, output],
      cwd: '/',
      env: command.env,
      ...command.user,
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const pid = child.pid ?? 0;
    leaveOutOfCoreDumps(pid);
    // It may have ended by now; the one who waits for it to be ready will see.
    return identify(pid, marker) ?? { pid, startTime: 'unknown', marker };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? messageOf(error);
    throw new ConnectError('ENVIRONMENT', `cannot run ${command.command} (${reason})`, { cause: error });
  } finally {
    closeSync(output);
  }
}

/** What a part prints by itself is little; still it must not fill the disk over months. */
function keepOneOld(outputFile: string): void {
  if (fileSize(outputFile) > MAX_OUTPUT_BYTES) renameSync(outputFile, `${outputFile}.1`);
}

export interface StopOptions {
  /** From polite to insistent; SIGKILL follows. */
  readonly signals: readonly NodeJS.Signals[];
  /** How long each signal has. */
  readonly graceMs: number;
}

/** Ends a process of ours and waits until it is gone. Returns the signal that did it. Errors: ENVIRONMENT when even SIGKILL does not. */
export async function stopProcess(identity: ProcessIdentity, options: StopOptions): Promise<NodeJS.Signals | 'gone'> {
  let last: NodeJS.Signals | 'gone' = 'gone';
  for (const signal of [...options.signals, 'SIGKILL'] as const) {
    if (!isAlive(identity)) return last;
    try {
      process.kill(identity.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return last;
      throw new ConnectError('ENVIRONMENT', `may not stop process ${identity.pid}: it belongs to another user`, {
        cause: error,
        hint: 'run `connect down` as the user who ran `connect up`',
      });
    }
    last = signal;
    const deadline = Date.now() + (signal === 'SIGKILL' ? Math.max(options.graceMs, KILL_GRACE_MS) : options.graceMs);
    while (isAlive(identity) && Date.now() < deadline) await sleep(50);
  }
  if (!isAlive(identity)) return last;
  throw new ConnectError('ENVIRONMENT', `process ${identity.pid} does not end, not even by SIGKILL`);
}
