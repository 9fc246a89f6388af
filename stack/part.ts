import type { PartName } from './types.ts';

/** How to run one part: a program that stays in the foreground and can live on without us. */
export interface LaunchCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** The user to run as; ours when left out. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** One part of the stack: what it needs, how it is started, and how one sees that it is ready. */
export interface Part {
  readonly name: PartName;
  readonly port: number;
  /** An argument that is in the command line of this project's process and of no other. */
  readonly marker: string;
  /** Hash of all settings; a running part with another one is restarted. */
  readonly fingerprint: string;
  /** Parts that must be ready before this one is started. */
  readonly startsAfter: readonly PartName[];
  /** Throws when something is plainly missing. Asked of all parts before the first is started. */
  check(): Promise<void>;
  /** Writes configuration, initialises data on the first start, and says what to run. The signal ends a download. */
  prepare(signal: AbortSignal): Promise<LaunchCommand>;
  /** Resolves once the part does its work; throws or returns false as long as it does not. */
  probe(): Promise<boolean>;
}
