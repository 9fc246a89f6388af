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

/** `.connect/stack.json` */
export interface StackState {
  readonly parts: Readonly<Partial<Record<PartName, PartRecord | undefined>>>;
}

/** The recorded state; empty when there is none or it cannot be read, for then the processes are found by their markers. */
export function readState(folder: StateFolder): StackState {
  try {
    const { parts = {} } = JSON.parse(readFileSync(folder.stateFile, 'utf8')) as Partial<StackState>;
    return { parts };
  } catch {
    return { parts: {} };
  }
}

/** Remembers a part, or forgets it, and replaces the file as a whole. The caller holds the stack's lock. */
export function recordPart(folder: StateFolder, part: PartName, record: PartRecord | undefined): void {
  const state: StackState = { parts: { ...readState(folder).parts, [part]: record } };
  writeWhole(folder.stateFile, `${JSON.stringify(state, null, 2)}\n`);
}
