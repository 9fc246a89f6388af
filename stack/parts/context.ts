import type { ArtifactFolders } from '../fetch-artifacts.ts';
import type { StateFolder } from '../folders.ts';
import type { Java } from '../java.ts';
import type { StackSecrets } from '../secrets-file.ts';
import type { StackPorts } from '../types.ts';

/** What the parts are made from. */
export interface PartContext {
  readonly folder: StateFolder;
  readonly ports: StackPorts;
  readonly env: NodeJS.ProcessEnv;
  readonly folders: ArtifactFolders;
  /** Where PostgreSQL's data and, if need be, a copy of its programs lie, and as whom it runs. */
  readonly postgres: PostgresHome;
  readonly secrets: StackSecrets;
  /** Java, or the error that says what is wrong with those there are. */
  java(): Promise<Java>;
  /** Resolves once every artifact is there and verified. */
  artifacts(signal: AbortSignal): Promise<void>;
  /** Jars of the broker and the worker, separated as in a class path. */
  readonly classPath: string;
}

/** Where the local PostgreSQL lives. */
export interface PostgresHome {
  /** Folder with `bin`, `lib`, `share`. */
  readonly programs: string;
  readonly data: string;
  readonly user?: { readonly uid: number; readonly gid: number };
}
