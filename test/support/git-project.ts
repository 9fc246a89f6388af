import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../core/package-root.ts';
import { loadProject } from '../../pipeline/load.ts';
import type { Project } from '../../pipeline/types.ts';
import { createGitRepository, type GitRepository } from './git-repository.ts';

/** This repository's positions stream, committed on `main`; the branch `change` is checked out for the test to edit. */
export interface GitProject extends GitRepository {
  load(): Project;
  /** Replaces one text in one file of the working tree; it must stand there exactly once. */
  edit(file: string, from: string, to: string): void;
}

const FILES = [
  'connect.yaml',
  'connectors/positions.yaml',
  'schemas/feed.proto',
  'schemas/position-update.proto',
  'schemas/position-update.avsc',
];

/** `folder` is where the project stands in its repository: '' or 'apps/perps/'. */
export function createGitProject(folder = ''): GitProject {
  const repository = createGitRepository();
  const text = (file: string): string => readFileSync(join(packageRoot(), file), 'utf8');
  repository.commit(Object.fromEntries(FILES.map((file) => [`${folder}${file}`, text(file)])));
  repository.git('switch', '--quiet', '--create', 'change');
  const root = join(repository.folder, folder);
  return {
    ...repository,
    load: () => loadProject(root, repository.env),
    edit(file, from, to) {
      const before = readFileSync(join(root, file), 'utf8');
      if (before.split(from).length !== 2) throw new Error(`"${from}" does not stand exactly once in ${file}`);
      repository.write({ [`${folder}${file}`]: before.replace(from, () => to) });
    },
  };
}
