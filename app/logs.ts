import { findProjectRoot } from '../pipeline/load.ts';
import { followLog, lastLines } from '../stack/part-log.ts';
import type { PartName } from '../stack/types.ts';
import { openProject, type Runtime } from './session.ts';

export interface LogOptions {
  /** How many lines from the end. */
  readonly lines: number;
  /** Go on until the signal is aborted. */
  readonly follow: boolean;
  readonly onText: (text: string) => void;
}

/** Reads the log of a part of the local stack. Errors: NOT_FOUND when the part has never been started. */
export async function logs(runtime: Runtime, part: PartName, { lines, follow, onText }: LogOptions): Promise<void> {
  const root = findProjectRoot(runtime.cwd, runtime.env);
  try {
    // So that its secrets are hidden. A log is wanted most when a definition is wrong: one that does not load is no failure.
    openProject(runtime);
  } catch {}
  for (const line of lastLines(root, part, lines)) onText(`${line}\n`);
  if (follow) await followLog(root, part, onText, runtime.signal);
}
