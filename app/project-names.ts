import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { findProjectRoot } from '../pipeline/project-root.ts';
import type { Runtime } from './session.ts';

/** What a project calls its things. */
export interface ProjectNames {
  readonly environments: readonly string[];
  readonly streams: readonly string[];
  readonly connectors: readonly string[];
}

const NONE: ProjectNames = { environments: [], streams: [], connectors: [] };

/**
 * The names of the project around `cwd`; none outside of a project. Reads the files without checking them: a key stroke must
 * not wait for that, and the names of a project with a mistake in it are wanted just as well.
 */
export function projectNames({ cwd, env }: Pick<Runtime, 'cwd' | 'env'>): ProjectNames {
  let root: string;
  try {
    root = findProjectRoot(cwd, env);
  } catch {
    return NONE;
  }
  const folder = join(root, 'connectors');
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)) : [];
  const streams = files.sort().map((file) => read(join(folder, file)));
  return {
    environments: Object.keys(record(read(join(root, 'connect.yaml')).environments)).flatMap(word),
    streams: streams.flatMap(({ name }) => word(name)),
    connectors: streams.flatMap(({ sink }) => word(record(sink).name)),
  };
}

function read(file: string): Record<string, unknown> {
  try {
    return record(parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** What a shell would obey is no name. */
const word = (value: unknown): string[] => (typeof value === 'string' && /^[\w.-]+$/.test(value) ? [value] : []);
