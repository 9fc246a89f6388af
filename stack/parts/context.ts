import type { CachedGroup, GroupName } from '../artifacts.ts';
import type { StateFolder } from '../folders.ts';
import type { Java } from '../java.ts';
import type { PostgresHome } from '../postgres-home.ts';
import type { StackSecrets } from '../secrets-file.ts';
import type { StackPorts } from '../types.ts';

/** What the parts are made from. */
export interface PartContext {
  readonly folder: StateFolder;
  readonly ports: StackPorts;
  readonly env: NodeJS.ProcessEnv;
  readonly groups: Readonly<Record<GroupName, CachedGroup>>;
  readonly postgres: PostgresHome;
  readonly secrets: StackSecrets;
  /** Java, or the error that says what is wrong with those there are. */
  java(): Promise<Java>;
  /** Resolves once every artifact is there and verified. */
  artifacts(signal: AbortSignal): Promise<void>;
}
