import { type StopOptions, stopProcess } from './child.ts';
import type { StateFolder } from './folders.ts';
import { partMarker } from './part.ts';
import { findByMarker, isAlive, type ProcessIdentity } from './process-identity.ts';
import { readRecords, recordPart } from './state-file.ts';
import type { PartName, StackEvent } from './types.ts';

/** Users before what they use, so that the sink's last flush still finds its database. */
const STOP_ORDER: readonly (readonly PartName[])[] = [['connect'], ['registry', 'kafka'], ['postgres']];

const STOP: Readonly<Record<PartName, StopOptions>> = {
  // A worker whose group is busy can hang with its port closed and stay the group's leader: it must not be left to itself.
  connect: { signals: ['SIGTERM'], graceMs: 15_000 },
  kafka: { signals: ['SIGTERM'], graceMs: 15_000 },
  registry: { signals: ['SIGTERM'], graceMs: 5_000 },
  // INT is PostgreSQL's fast shutdown: sessions end, everything is written. TERM would wait for clients to leave.
  postgres: { signals: ['SIGINT', 'SIGQUIT'], graceMs: 10_000 },
};

/**
 * The running processes of a part: the recorded one first, then what only its marker betrays, because its parent was
 * killed before it could write the number down.
 */
export function runningProcesses(folder: StateFolder, part: PartName): ProcessIdentity[] {
  const record = readRecords(folder)[part];
  const recorded = record !== undefined && isAlive(record) ? [record] : [];
  const others = findByMarker(partMarker(folder, part)).filter(({ pid }) => pid !== recorded[0]?.pid);
  return [...recorded, ...others];
}

/**
 * A part that was never ready has nothing to bring to an end, and a worker that still waits for its broker does not
 * listen: it would use up its whole time.
 */
const UNREADY_GRACE_MS = 2_000;

/** Ends every process of a part and forgets it. Returns whether there was a process. */
export async function stopPart(
  folder: StateFolder,
  part: PartName,
  onEvent?: (event: StackEvent) => void,
  wasReady = true,
): Promise<boolean> {
  const running = runningProcesses(folder, part);
  for (const identity of running) {
    const started = Date.now();
    onEvent?.({ kind: 'part', part, state: 'stopping', pid: identity.pid });
    const { signals, graceMs } = STOP[part];
    const signal = await stopProcess(identity, { signals, graceMs: wasReady ? graceMs : UNREADY_GRACE_MS });
    const state = signal === 'SIGKILL' ? 'killed' : 'stopped';
    onEvent?.({ kind: 'part', part, state, pid: identity.pid, tookMs: Date.now() - started });
  }
  recordPart(folder, part, undefined);
  return running.length > 0;
}

/**
 * Ends the given parts, in the order in which they need each other. `unready` are those among them that have not come
 * up yet. Returns those that ran.
 */
export async function stopParts(
  folder: StateFolder,
  parts: ReadonlySet<PartName>,
  onEvent?: (event: StackEvent) => void,
  unready: ReadonlySet<PartName> = new Set(),
): Promise<PartName[]> {
  const stopped: PartName[] = [];
  for (const wave of STOP_ORDER) {
    const names = wave.filter((name) => parts.has(name));
    const ran = await Promise.all(names.map((name) => stopPart(folder, name, onEvent, !unready.has(name))));
    stopped.push(...names.filter((_name, index) => ran[index]));
  }
  return stopped;
}
