import { readFileSync } from 'node:fs';
import { writeWhole } from '../core/write-whole.ts';
import type { StateFolder } from './folders.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { PartName } from './types.ts';

/** What is written down of a part that was started. */
export interface PartRecord extends ProcessIdentity {
  readonly port: number;
  /** Hash of the settings it was started with: a part with other settings is restarted. */
  readonly fingerprint: string;
}

/** The recorded parts, of `.connect/stack.json`. */
type PartRecords = Readonly<Partial<Record<PartName, PartRecord | undefined>>>;

/** None when there is no record or it cannot be read, for then the processes are found by their markers. */
export function readRecords(folder: StateFolder): PartRecords {
  try {
    return (JSON.parse(readFileSync(folder.stateFile, 'utf8')) as { parts?: PartRecords }).parts ?? {};
  } catch {
    return {};
  }
}

/** Remembers a part, or forgets it, and replaces the file as a whole. The caller holds the stack's lock. */
export function recordPart(folder: StateFolder, part: PartName, record: PartRecord | undefined): void {
  const parts = { ...readRecords(folder), [part]: record };
  writeWhole(folder.stateFile, `${JSON.stringify({ parts }, null, 2)}\n`);
}
