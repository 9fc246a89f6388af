import { ConnectError, messageOf } from '../core/errors.ts';
import { waitFor } from '../core/retry.ts';
import { launch } from './child.ts';
import type { StateFolder } from './folders.ts';
import { fileSize, meaningfulLines, readEnd } from './log-tail.ts';
import type { Part } from './part.ts';
import { requireFreePort } from './ports.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { readRecords, recordPart } from './state-file.ts';
import { runningProcesses, stopPart, stopParts } from './stop-parts.ts';
import type { PartName, StackEvent } from './types.ts';

/** How long a part may take to be ready; a first start on a busy machine takes half a minute. */
const START_TIMEOUT_MS = 120_000;
/** How long a part that was running already may take to answer before it is taken for hung. */
const ANSWER_TIMEOUT_MS = 30_000;
/** How long it may take before that is worth a word. */
const SLOW_ANSWER_MS = 3_000;
const LOG_BYTES = 256 << 10;

export interface StartOptions {
  readonly folder: StateFolder;
  readonly signal: AbortSignal;
  readonly onEvent: (event: StackEvent) => void;
}

/**
 * Brings every part up, each as soon as those it starts after are ready; parts that run already are left alone.
 * Nothing is started as long as a port is taken or Java is missing.
 * Returns the parts that this call started. When one fails, or the signal is aborted, everything that this call
 * started is stopped again and the first error thrown.
 */
export async function startParts(parts: readonly Part[], options: StartOptions): Promise<ReadonlySet<PartName>> {
  const absent = parts.filter(({ name }) => runningProcesses(options.folder, name).length === 0);
  await Promise.all(absent.map((part) => Promise.all([part.check?.(), requireFreePort(part.name, part.port)])));
  const started = new Set<PartName>();
  const unready = new Set<PartName>();
  const failure = new AbortController();
  const signal = AbortSignal.any([failure.signal, options.signal]);
  const ready = new Map<PartName, Promise<void>>();
  for (const part of parts) {
    const before = part.startsAfter.map((name) => ready.get(name));
    const run = Promise.all(before).then(() => bringUp(part, { ...options, signal }, { started, unready }));
    ready.set(part.name, run);
    run.catch((error: unknown) => failure.abort(error));
  }
  const results = await Promise.allSettled(ready.values());
  if (results.every(({ status }) => status === 'fulfilled')) return started;

  const reason: unknown = options.signal.aborted ? options.signal.reason : failure.signal.reason;
  // Whoever has taken the lock over from us also has our processes.
  if (!(reason instanceof ConnectError && reason.code === 'UNSAFE')) {
    await stopParts(options.folder, started, options.onEvent, unready);
  }
  throw options.signal.aborted && !(reason instanceof ConnectError)
    ? new ConnectError('INTERRUPTED', 'interrupted; what was being started is stopped again')
    : reason;
}

interface Progress {
  readonly started: Set<PartName>;
  readonly unready: Set<PartName>;
}

async function bringUp(part: Part, options: StartOptions, progress: Progress): Promise<void> {
  const { folder, onEvent } = options;
  if (await takeOver(part, options)) return;
  options.signal.throwIfAborted();
  await requireFreePort(part.name, part.port);
  const began = Date.now();
  const command = await part.prepare(options.signal);
  options.signal.throwIfAborted();
  const logs = [folder.outputFile(part.name), folder.logFile(part.name)];
  const marks = new Map(logs.map((file) => [file, fileSize(file)]));
  onEvent({ kind: 'part', part: part.name, state: 'starting' });
  const identity = await launch(command, part.marker, folder.outputFile(part.name));
  progress.started.add(part.name);
  progress.unready.add(part.name);
  recordPart(folder, part.name, { ...identity, port: part.port, fingerprint: part.fingerprint });
  try {
    await becomeReady(part, identity, START_TIMEOUT_MS, options.signal);
  } catch (error) {
    options.signal.throwIfAborted();
    throw startFailure(part, folder, marks, error);
  }
  progress.unready.delete(part.name);
  onEvent({ kind: 'part', part: part.name, state: 'ready', pid: identity.pid, tookMs: Date.now() - began });
}

/** Whether the part runs already, with the settings wanted, and answers. If it runs otherwise, it is stopped. */
async function takeOver(part: Part, { folder, signal, onEvent }: StartOptions): Promise<boolean> {
  const running = runningProcesses(folder, part.name);
  if (running.length === 0) return false;
  const restart = async (reason: string) => {
    onEvent({ kind: 'part', part: part.name, state: 'restarting', reason });
    await stopPart(folder, part.name, onEvent);
    return false;
  };
  const [identity] = running;
  const record = readRecords(folder)[part.name];
  if (identity === undefined || running.length > 1 || record === undefined || record.pid !== identity.pid) {
    return restart('found running, but not in the record');
  }
  if (record.fingerprint !== part.fingerprint) return restart('its settings have changed');
  const slow = setTimeout(() => onEvent({ kind: 'note', message: silence(part, identity) }), SLOW_ANSWER_MS);
  try {
    await becomeReady(part, identity, ANSWER_TIMEOUT_MS, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PartEnded) && !(error instanceof ConnectError && error.code === 'TIMEOUT')) throw error;
    return restart(error instanceof PartEnded ? 'it has just ended' : 'it does not answer');
  } finally {
    clearTimeout(slow);
  }
  onEvent({ kind: 'part', part: part.name, state: 'already running', pid: identity.pid });
  return true;
}

const silence = ({ name }: Part, { pid }: ProcessIdentity): string =>
  `${name} runs (pid ${pid}) and does not answer: it is frozen or busy; after ${ANSWER_TIMEOUT_MS / 1_000} s it is started again`;

class PartEnded extends Error {}

async function becomeReady(
  part: Part,
  identity: ProcessIdentity,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const look = async () => {
    if (!isAlive(identity)) return 'ended';
    return (await part.probe()) ? 'ready' : undefined;
  };
  const outcome = await waitFor(look, { timeoutMs, everyMs: 150, signal, what: `${part.name} to be ready` });
  if (outcome === 'ended') throw new PartEnded();
}

function startFailure(
  part: Part,
  folder: StateFolder,
  marks: ReadonlyMap<string, number>,
  cause: unknown,
): ConnectError {
  const text = [...marks].map(([file, mark]) => readSince(file, mark)).join('\n');
  const lines = meaningfulLines(text, 8);
  const how = cause instanceof PartEnded ? 'ended while it was starting' : `did not become ready (${messageOf(cause)})`;
  const said = lines.length === 0 ? '' : `:\n${lines.map((line) => `    ${line}`).join('\n')}`;
  return new ConnectError('ENVIRONMENT', `${part.name} ${how}${said}`, {
    cause: cause instanceof PartEnded ? undefined : cause,
    details: { part: part.name, lines, logFile: folder.logFile(part.name) },
    hint: `\`connect logs ${part.name}\` shows its whole log`,
  });
}

function readSince(file: string, mark: number): string {
  const size = fileSize(file);
  // Smaller than it was: the file has been rotated in between.
  return readEnd(file, Math.min(LOG_BYTES, size < mark ? size : size - mark));
}
