import { parse } from 'yaml';
import { valueAt } from '../../pipeline/yaml-file.ts';
import type { GitBase } from './git-base.ts';

/** A definition of the base as plain data: its form may be an older one. */
export interface BaseDefinition {
  /** Its own path. */
  readonly file: string;
  /** What it holds at a path of keys; undefined for nothing. */
  at(...path: readonly string[]): unknown;
}

/** The definitions of the base. One that is not YAML holds nothing: it was fixed since. */
export async function definitionsAtBase(base: GitBase): Promise<BaseDefinition[]> {
  const files = (await base.list('connectors')).filter((file) => /\.ya?ml$/.test(file));
  return Promise.all(
    files.map(async (file) => {
      const data = readYaml((await base.read(file)) ?? '');
      return { file, at: (...path) => valueAt(data, path) };
    }),
  );
}

function readYaml(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return undefined;
  }
}
