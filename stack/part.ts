import { hash } from 'node:crypto';
import type { StateFolder } from './folders.ts';
import type { PartName } from './types.ts';

/** A user to run a program as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** How to run one part: a program that stays in the foreground and can live on without us. */
export interface LaunchCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Ours when left out. */
  readonly user?: User | undefined;
}

/** One part of the stack: what it needs, how it is started, and how one sees that it is ready. */
export interface Part {
  readonly name: PartName;
  readonly port: number;
  /** `partMarker` of it. */
  readonly marker: string;
  /** Hash of all settings; a running part with another one is restarted. */
  readonly fingerprint: string;
  /** Parts that must be ready before this one is started. */
  readonly startsAfter: readonly PartName[];
  /** Throws when something is plainly missing. Asked of all parts before the first is started. */
  check?(): Promise<unknown>;
  /** Writes configuration, initialises data on the first start, and says what to run. The signal ends a download. */
  prepare(signal: AbortSignal): Promise<LaunchCommand>;
  /** Resolves once the part does its work; throws or returns false as long as it does not. */
  probe(): Promise<boolean>;
}

/** The command line argument that distinguishes a part of this project from every other process on the machine. */
export function partMarker(folder: StateFolder, part: PartName): string {
  // PostgreSQL takes no arguments but settings; this one it also shows in the titles of its processes.
  if (part === 'postgres') return `cluster_name=perps-connect-${folder.id}`;
  return `-Dperps.connect.part=${folder.id}:${part}`;
}

/** A short hash of settings, to see whether a running part has the ones wanted now. */
export const fingerprint = (...settings: readonly unknown[]): string =>
  hash('sha256', JSON.stringify(settings)).slice(0, 16);
