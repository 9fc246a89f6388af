import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';
import type { GitBase } from '../../schemas/compatibility/git-base.ts';
import type { Edit } from './mutations/edit.ts';

/** A project on which every layer agrees; it stays as it is while the real one grows. */
export const CONTRACT_FIXTURE = join(packageRoot(), 'test', 'fixtures', 'contract');

/** A copy of the fixture with edits. The caller removes the folder. */
export function mutatedProject(edits: readonly Edit[]): { readonly root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'perps-connect-contract-'));
  const remove = () => rmSync(root, { recursive: true, force: true });
  try {
    cpSync(CONTRACT_FIXTURE, root, { recursive: true });
    for (const edit of edits) applyEdit(root, edit);
    return { root, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Edits one file below `root`. Throws when the text to replace is not there exactly once: the edit would not be the one meant. */
export function applyEdit(root: string, { file, find, replace }: Edit): void {
  const path = join(root, file);
  if (find === '') {
    if (existsSync(path)) throw new Error(`${file} is there already`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, replace);
    return;
  }
  const text = readFileSync(path, 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} holds ${JSON.stringify(find)} ${parts.length - 1} times, not once`);
  writeFileSync(path, parts.join(replace));
}

/** The line, from 1, that holds the text; the only one that does. */
export function lineOf(root: string, file: string, text: string): number {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  if (found.length !== 1) throw new Error(`${file} holds ${JSON.stringify(text)} on ${found.length} lines, not on one`);
  return found[0] ?? 0;
}

/** The first line of the edited file that is not in the fixture's. */
export function editedLine(root: string, { file, find }: Edit): number {
  const now = readFileSync(join(root, file), 'utf8').split('\n');
  if (find === '') return now.findIndex((line) => line !== '' && !line.startsWith('--')) + 1;
  const before = new Set(readFileSync(join(CONTRACT_FIXTURE, file), 'utf8').split('\n'));
  // What only opens the way to the edit, like `config:`, is not the edit.
  return now.findLastIndex((line) => !before.has(line)) + 1;
}

/** The fixture as a git base: what was there before the edits. */
export const fixtureBase: GitBase = {
  label: 'the fixture',
  commit: '',
  prefix: '',
  async read(path) {
    try {
      return readFileSync(join(CONTRACT_FIXTURE, path), 'utf8');
    } catch {
      return undefined;
    }
  },
  async list(folder) {
    return readdirSync(join(CONTRACT_FIXTURE, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(CONTRACT_FIXTURE.length + 1))
      .sort();
  },
};
