import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import { packageRoot } from '../core/package-root.ts';
import type { NewFile } from '../pipeline/new-stream.ts';
import { ENVIRONMENT_FILE } from '../pipeline/project-root.ts';
import { packageMigrations } from './init/migrations.ts';
import { extendedPackage, type PackageJson } from './init/package-json.ts';
import { managerOf, type PackageManager, PNPM_SETTINGS } from './init/package-manager.ts';
import {
  connectYaml,
  EDITOR_SETTINGS,
  envExample,
  IGNORED,
  PARTS,
  projectReadme,
  workflow,
} from './init/project-texts.ts';
import { editorSchema, streamFiles } from './init/stream-files.ts';
import type { Template } from './init/templates.ts';
import { writeFile, writeNewFiles } from './init/write-files.ts';
import { requireStreamName } from './init-stream.ts';
import type { Runtime } from './session.ts';

/** What a new project is made of. */
export interface InitOptions {
  /** Relative to where the command runs. */
  readonly folder: string;
  readonly template: Template;
  /** The first stream, where the template has none. */
  readonly stream?: string | undefined;
  /** What installs its packages; by the lock file that the folder has where it is left out, and npm without one. */
  readonly packageManager?: PackageManager | undefined;
}

/** What was written. */
export interface InitResult {
  /** Absolute. */
  readonly folder: string;
  readonly packageManager: PackageManager;
  /** Relative to the folder: those that were written, those that got more lines, and those that were there and stay. */
  readonly written: readonly string[];
  readonly extended: readonly string[];
  readonly kept: readonly string[];
}

/** Errors: USAGE where a project is. */
export function requireNoProject({ cwd }: Pick<Runtime, 'cwd'>, folder: string): void {
  const root = resolve(cwd, folder);
  if (!existsSync(join(root, ENVIRONMENT_FILE))) return;
  throw new ConnectError('USAGE', `${root} is a project already: it has a ${ENVIRONMENT_FILE}`, {
    hint: 'another stream is made by `connect init stream NAME`, a project of an earlier version is brought up by `connect upgrade`',
  });
}

/**
 * Makes a project that passes `check` and `start` at once. It overwrites nothing: package.json and .gitignore are extended, and files
 * that only make life easier stay as they are. Errors: USAGE where a project is, or one of the other files; then nothing is written.
 */
export function initProject(runtime: Pick<Runtime, 'cwd'>, options: InitOptions): InitResult {
  const { folder, template, stream } = options;
  const root = resolve(runtime.cwd, folder);
  requireNoProject(runtime, folder);
  const { environments, onMsk, hasExample, variable } = PARTS[template];
  if (hasExample && stream !== undefined) {
    throw new ConnectError('USAGE', `the template ${template} has its own streams`, {
      hint: 'leave out --stream, and add one by `connect init stream NAME`; or choose another template',
    });
  }
  const { packageManager = managerOf(root) } = options;
  const first = stream ?? 'trades';
  requireStreamName(first);
  const project = projectName(root);
  const schema = editorSchema(root, 'environment');
  const streams = hasExample ? exampleFiles(root) : streamFiles(root, first);
  const files: NewFile[] = [{ path: ENVIRONMENT_FILE, text: connectYaml(project, schema, environments) }, ...streams];
  const names = streams.flatMap(({ path }) => /^connectors\/(\w+)\.yaml$/.exec(path)?.[1] ?? []);
  const extras: NewFile[] = [
    { path: '.env.example', text: envExample(variable) },
    { path: '.github/workflows/contract.yml', text: workflow(packageManager) },
    ...Object.entries(EDITOR_SETTINGS).map(([path, value]) => ({ path, text: json(value) })),
    { path: 'README.md', text: projectReadme(project, names, packageManager) },
    ...(packageManager === 'pnpm' ? [{ path: 'pnpm-workspace.yaml', text: PNPM_SETTINGS }] : []),
  ];
  const manifest = packageOf(root, project);
  const extended = [
    { path: 'package.json', text: json(extendedPackage(manifest, { onMsk })) },
    { path: '.gitignore', text: ignoring(read(root, '.gitignore') ?? '') },
  ];

  const isThere = ({ path }: NewFile): boolean => existsSync(join(root, path));
  const kept = extras.filter(isThere);
  const grown = extended.filter(isThere);
  const written = [...files, ...extras, ...extended].filter((file) => !kept.includes(file) && !grown.includes(file));
  writeNewFiles(root, written, 'choose another folder, or move them away');
  for (const { path, text } of grown) writeFile(root, path, text);
  const paths = (of: readonly NewFile[]) => of.map(({ path }) => path);
  return { folder: root, packageManager, written: paths(written), extended: paths(grown), kept: paths(kept) };
}

/** This package's own definitions, schemas and migrations. Their comments name the JSON Schemas as the project has them. */
function exampleFiles(root: string): NewFile[] {
  const data = ['connectors', 'schemas'].flatMap((folder) =>
    readdirSync(join(packageRoot(), folder))
      .filter((name) => /\.(yaml|proto|avsc)$/.test(name))
      .map((name) => join(packageRoot(), folder, name)),
  );
  const schema = `../${editorSchema(root, 'definition')}`;
  return [...data, ...packageMigrations().map(({ path }) => path)].map((path) => ({
    path: relative(packageRoot(), path),
    text: readFileSync(path, 'utf8').replace(/(?<=^# yaml-language-server: \$schema=)\S+/, schema),
  }));
}

/** The folder's name, as far as sinks and packages can carry it. */
function projectName(root: string): string {
  const name = basename(root)
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[^a-z0-9]+$/g, '')
    .slice(0, 63);
  return name === '' ? 'perps' : name;
}

function packageOf(root: string, name: string): PackageJson {
  const text = read(root, 'package.json');
  if (text === undefined) return { name, private: true };
  try {
    return JSON.parse(text) as PackageJson;
  } catch (error) {
    throw new ConnectError('USAGE', `${join(root, 'package.json')} is no JSON`, {
      cause: error,
      hint: 'correct it first',
    });
  }
}

function ignoring(text: string): string {
  const known = new Set(text.split(/\r?\n/).map((line) => line.trim()));
  const missing = IGNORED.filter((line) => !known.has(line) && !known.has(line.replace(/\/$/, '')));
  const begin = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return [begin, ...missing.map((line) => `${line}\n`)].join('');
}

const read = (root: string, path: string): string | undefined =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
