import { posix } from 'node:path';
import { ConnectError } from '../../core/errors.ts';
import { createGit, type Git } from './git.ts';

/** The files of the project as they stood where the current branch left another one, or at a tag. */
export interface GitBase {
  /** What findings call it: "main at 1a2b3c4". */
  readonly label: string;
  /** Full id of the commit that is read. */
  readonly commit: string;
  /** Path from the repository's top folder to the project: empty, or ending with a slash. */
  readonly prefix: string;
  /** A file's text, by its path relative to the project; undefined when it did not exist. */
  read(path: string): Promise<string | undefined>;
  /** Paths of all files below a folder, relative to the project, sorted. */
  list(folder: string): Promise<readonly string[]>;
}

/**
 * Opens the commit that `ref` (a branch, `origin/main`, a tag, a commit) and HEAD have in common, so that only what this
 * branch changes is compared, not what the other one has gained meanwhile. The working tree itself is not touched.
 * Errors: USAGE when there is no repository or no such ref, ENVIRONMENT when git is missing or the clone is too shallow;
 * the hint then says what to fetch.
 */
export async function openGitBase(root: string, ref: string, env: NodeJS.ProcessEnv): Promise<GitBase> {
  if (ref === '' || ref.startsWith('-')) throw new ConnectError('USAGE', `"${ref}" is not a branch, tag or commit`);
  const git = createGit(root, env);
  const prefix = await projectPrefix(git, root);
  const tip = await resolveRef(git, ref);
  const commit = await commonAncestor(git, ref, tip);
  const inRepository = (path: string): string => posix.normalize(`${prefix}${path}`);
  return {
    label: `${ref} at ${commit.slice(0, 7)}`,
    commit,
    prefix,
    read: once(async (path) => {
      const entry = await git.run('ls-tree', '-z', '--full-tree', commit, '--', inRepository(path));
      const blob = /^\d+ blob ([0-9a-f]+)\t/.exec(entry)?.[1];
      return blob === undefined ? undefined : git.run('cat-file', 'blob', blob);
    }),
    list: once(async (folder) => {
      const top = inRepository(folder).replace(/\/?$/, '/');
      const where = top === './' ? [] : ['--', top];
      const names = await git.run('ls-tree', '-r', '-z', '--full-tree', '--name-only', commit, ...where);
      return names
        .split('\0')
        .filter((name) => name.startsWith(prefix) && name !== '')
        .map((name) => name.slice(prefix.length))
        .sort();
    }),
  };
}

/** Asks git once about each path: every question is one or two processes. */
function once<T>(ask: (path: string) => Promise<T>): (path: string) => Promise<T> {
  const answers = new Map<string, Promise<T>>();
  return (path) => {
    const answer = answers.get(path) ?? ask(path);
    answers.set(path, answer);
    return answer;
  };
}

async function projectPrefix(git: Git, root: string): Promise<string> {
  const answer = await git.attempt('rev-parse', '--show-prefix');
  if (answer.ok) return answer.stdout.trim();
  if (/not a git repository/i.test(answer.stderr)) {
    throw new ConnectError('USAGE', `${root} is in no git repository, so there is nothing to compare with`, {
      hint: 'run the command in a clone, or compare with a registry: `connect schemas check -e <environment>`',
    });
  }
  // For example a repository that belongs to another user; git names the command that allows it.
  throw new ConnectError('ENVIRONMENT', `git cannot read the repository at ${root}: ${answer.stderr.trim()}`);
}

/** The commit a ref names. In a clone that CI made, a branch is often known as the remote's only. */
async function resolveRef(git: Git, ref: string): Promise<string> {
  const remote = await firstRemote(git);
  for (const name of [ref, `${remote}/${ref}`]) {
    const answer = await git.attempt('rev-parse', '--verify', '--quiet', `${name}^{commit}`);
    if (answer.ok) return answer.stdout.trim();
  }
  const branch = ref.startsWith(`${remote}/`) ? ref.slice(remote.length + 1) : ref;
  throw new ConnectError('USAGE', `git knows no branch, tag or commit "${ref}" here`, {
    hint:
      `if it is a branch on the server: \`git fetch --no-tags --depth=100 ${remote} +refs/heads/${branch}:refs/remotes/${remote}/${branch}\`; ` +
      `if it is a tag: \`git fetch --depth=100 ${remote} tag ${branch}\``,
  });
}

async function commonAncestor(git: Git, ref: string, tip: string): Promise<string> {
  const found = await git.attempt('merge-base', 'HEAD', tip);
  if (found.ok) return found.stdout.trim();
  // In a clone of depth 1 history ends at HEAD, yet HEAD itself names its parents: the checkout of a pull request
  // is a merge whose first parent is the branch it goes into.
  const head = await git.attempt('cat-file', 'commit', 'HEAD');
  if (!head.ok) return tip;
  const header = head.stdout.slice(0, head.stdout.indexOf('\n\n'));
  const parents = [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map(([, id]) => id);
  if (parents.includes(tip)) return tip;
  if ((await git.run('rev-parse', '--is-shallow-repository')).trim() === 'true') throw await tooShallow(git, ref);
  throw new ConnectError(
    'USAGE',
    `HEAD and ${ref} have no history in common, so there is no common ancestor to compare with`,
  );
}

async function tooShallow(git: Git, ref: string): Promise<ConnectError> {
  const remote = await firstRemote(git);
  const branch = ref.startsWith(`${remote}/`) ? ref.slice(remote.length + 1) : ref;
  const attached = await git.attempt('symbolic-ref', '--quiet', '--short', 'HEAD');
  const here = attached.ok ? attached.stdout.trim() : (await git.run('rev-parse', 'HEAD')).trim();
  return new ConnectError(
    'ENVIRONMENT',
    `this clone is shallow and does not reach back to where HEAD and ${ref} part`,
    {
      hint: `deepen it: \`git fetch --deepen=500 ${remote} ${branch} ${here}\`; on GitHub Actions give actions/checkout \`fetch-depth: 0\``,
    },
  );
}

async function firstRemote(git: Git): Promise<string> {
  const remotes = (await git.run('remote')).split('\n').filter((name) => name !== '');
  return remotes.includes('origin') ? 'origin' : (remotes[0] ?? 'origin');
}
