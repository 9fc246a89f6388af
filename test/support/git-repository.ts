import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A real repository in a temporary folder, independent of the machine's git configuration. */
export interface GitRepository {
  readonly folder: string;
  /** Process environment for code that calls git itself. */
  readonly env: NodeJS.ProcessEnv;
  /** Runs git and returns its trimmed output. */
  git(...args: readonly string[]): string;
  /** Writes files (undefined deletes one) and commits everything; returns the commit. */
  commit(files: Readonly<Record<string, string | undefined>>): string;
  write(files: Readonly<Record<string, string | undefined>>): void;
  /** A clone of it in a folder of its own. */
  clone(...args: readonly string[]): GitRepository;
  remove(): void;
}

export function createGitRepository(): GitRepository {
  const repository = at(mkdtempSync(join(tmpdir(), 'perps-connect-git-')));
  repository.git('init', '--quiet', '--initial-branch=main');
  return repository;
}

function at(folder: string): GitRepository {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.com',
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.com',
  };
  const git = (...args: readonly string[]): string =>
    execFileSync('git', args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  const write = (files: Readonly<Record<string, string | undefined>>): void => {
    for (const [path, text] of Object.entries(files)) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      if (text === undefined) rmSync(file);
      else writeFileSync(file, text);
    }
  };
  return {
    folder,
    env,
    git,
    write,
    commit(files) {
      write(files);
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', 'change');
      return git('rev-parse', 'HEAD');
    },
    clone(...args) {
      const target = mkdtempSync(join(tmpdir(), 'perps-connect-clone-'));
      // By URL: a path would be cloned by hard links, which ignores --depth.
      git('clone', '--quiet', ...args, `file://${folder}`, target);
      return at(target);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
