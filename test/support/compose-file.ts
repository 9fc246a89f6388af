import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { packageRoot } from '../../core/package-root.ts';

/** One service of docker-compose.yml, with YAML's anchors and merges resolved. */
export interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string; readonly args?: Record<string, string> };
  readonly command?: readonly string[];
  readonly env_file?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly restart?: string;
  readonly mem_limit?: string;
  readonly profiles?: readonly string[];
  readonly network_mode?: string;
  readonly privileged?: boolean;
  readonly security_opt?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly pids_limit?: number;
  readonly read_only?: boolean;
  readonly tmpfs?: readonly string[];
  readonly secrets?: readonly string[];
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>;
}

/** A file of this repository. */
export const repositoryFile = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8');

export const composeText = (): string => repositoryFile('docker-compose.yml');

export const composeFile = (): ComposeFile => parse(composeText(), { merge: true }) as ComposeFile;
