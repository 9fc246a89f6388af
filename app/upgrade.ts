import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageVersion } from '../core/package-root.ts';
import { findProjectRoot } from '../pipeline/load.ts';
import { ENVIRONMENT_FILE } from '../pipeline/project-root.ts';
import { projectMigrations } from './init/migrations.ts';
import { pinnedVersions } from './init/package-json.ts';
import { editorSchema } from './init/stream-files.ts';
import { editedMigrations, missingMigrations } from './init/upgrade-migrations.ts';
import { writeFile } from './init/write-files.ts';
import type { Runtime } from './session.ts';

/** One file that an upgrade adds or changes. */
export interface UpgradedFile {
  readonly path: string;
  readonly text: string;
  /** Of a new file: what of this package it is. */
  readonly origin?: string | undefined;
  /** Of a file that is there: the lines that change. */
  readonly lines: readonly { readonly line: number; readonly before: string; readonly after: string }[];
}

/** What an upgrade brings a project. */
export interface Upgrade {
  readonly root: string;
  /** Of this package, which the project is brought up to. */
  readonly version: string;
  readonly files: readonly UpgradedFile[];
  /** Migrations of this package that somebody has edited: they stay, and what has changed in them is not known. */
  readonly edited: readonly string[];
}

/** What a project of an earlier version lacks. Changes nothing, and does not renumber or edit what may have landed. Errors: USAGE without a project. */
export function planUpgrade({ cwd, env }: Pick<Runtime, 'cwd' | 'env'>): Upgrade {
  const root = findProjectRoot(cwd, env);
  const migrations = projectMigrations(root);
  const brought = missingMigrations(migrations).map((file) => ({ ...file, lines: [] }));
  const changed = [
    ...changedFile(root, 'package.json', withPins),
    ...yamlFiles(root).flatMap((path) => changedFile(root, path, (text) => withSchema(root, path, text))),
  ];
  return { root, version: packageVersion(), files: [...brought, ...changed], edited: editedMigrations(migrations) };
}

/** Writes what `planUpgrade` found. A new file that is there by now is an error of the file system. */
export function applyUpgrade({ root, files }: Upgrade): void {
  for (const { path, text, origin } of files) writeFile(root, path, text, origin === undefined ? 'w' : 'wx');
}

function changedFile(root: string, path: string, change: (text: string) => string): UpgradedFile[] {
  if (!existsSync(join(root, path))) return [];
  const before = readFileSync(join(root, path), 'utf8');
  const text = change(before);
  if (text === before) return [];
  const after = text.split('\n');
  const lines = before
    .split('\n')
    .map((line, index) => ({ line: index + 1, before: line, after: after[index] ?? '' }))
    .filter((line) => line.before !== line.after);
  return [{ path, text, lines }];
}

/** The versions that this package was tested with. A file, a link or an address stays. */
const withPins = (text: string): string =>
  Object.entries(pinnedVersions()).reduce(
    (changed, [name, version]) =>
      changed.replaceAll(new RegExp(`("${name}"\\s*:\\s*")[~^]?\\d[^"/:]*(?=")`, 'g'), `$1${version}`),
    text,
  );

function yamlFiles(root: string): string[] {
  const folder = join(root, 'connectors');
  const definitions = existsSync(folder) ? readdirSync(folder).filter((name) => /\.ya?ml$/.test(name)) : [];
  return [ENVIRONMENT_FILE, ...definitions.map((name) => `connectors/${name}`)];
}

/** The JSON Schema that the first line names: one that is not there is looked for in the package, an address gets this version. */
function withSchema(root: string, path: string, text: string): string {
  const schema = editorSchema(root, path === ENVIRONMENT_FILE ? 'environment' : 'definition');
  const found = path === ENVIRONMENT_FILE ? schema : `../${schema}`;
  return text.replace(/(?<=^# yaml-language-server: \$schema=)\S+/, (named) => {
    if (/^https?:/.test(named)) return named.replace(/(?<=\/perps-connect@)[^/]+/, packageVersion());
    return existsSync(join(root, dirname(path), named)) ? named : found;
  });
}
