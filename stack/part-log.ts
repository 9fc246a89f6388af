import { createReadStream, existsSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '../core/errors.ts';
import { existingStateFolder, type StateFolder } from './folders.ts';
import { fileSize, readEnd } from './log-tail.ts';
import type { PartName } from './types.ts';

const MAX_BYTES = 8 << 20;
const POLL_MS = 200;

/**
 * The last lines of a part's log. What a JVM printed outside of its log (it could not start, it ran out of memory)
 * comes first. Errors: NOT_FOUND when the part has never been started.
 */
export function lastLines(root: string, part: PartName, count: number): string[] {
  const folder = requireLog(root, part);
  const printed = folder.outputFile(part) === folder.logFile(part) ? '' : readEnd(folder.outputFile(part), MAX_BYTES);
  const logged = readEnd(folder.logFile(part), MAX_BYTES);
  const lines = [...printed.split('\n'), ...logged.split('\n')].filter((line) => line !== '');
  return count === 0 ? [] : lines.slice(-count);
}

/** Hands on what is appended to a part's log, until the signal is aborted. Goes along when the file is rotated. */
export async function followLog(
  root: string,
  part: PartName,
  onText: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const file = requireLog(root, part).logFile(part);
  // A character's bytes may be written, and read, in two pieces.
  const decoder = new StringDecoder('utf8');
  let position = fileSize(file);
  while (!signal.aborted) {
    const size = fileSize(file);
    if (size < position) position = 0;
    if (size > position) {
      for await (const bytes of createReadStream(file, { start: position }) as AsyncIterable<Buffer>) {
        position += bytes.length;
        onText(decoder.write(bytes));
      }
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

function requireLog(root: string, part: PartName): StateFolder {
  const folder = existingStateFolder(root);
  if (folder !== undefined && (existsSync(folder.logFile(part)) || existsSync(folder.outputFile(part)))) return folder;
  throw new ConnectError('NOT_FOUND', `${part} has no log: it has not been started in ${root}`, {
    hint: 'start the local stack with `connect up`',
  });
}
