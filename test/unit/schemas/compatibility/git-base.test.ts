import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectError } from '../../../../core/errors.ts';
import { openGitBase } from '../../../../schemas/compatibility/git-base.ts';
import { createGitRepository, type GitRepository } from '../../../support/git-repository.ts';

let made: GitRepository[] = [];
let origin: GitRepository;

beforeEach(() => {
  origin = createGitRepository();
  made = [origin];
});
afterEach(() => {
  for (const repository of made) repository.remove();
});

function clone(...args: string[]): GitRepository {
  const repository = origin.clone(...args);
  made.push(repository);
  return repository;
}

async function refusal(opening: Promise<unknown>): Promise<ConnectError> {
  try {
    await opening;
  } catch (error) {
    if (error instanceof ConnectError) return error;
    throw error;
  }
  throw new Error('it opened');
}

/** The command that a hint names between back-ticks, run as a person would run it. */
function follow(hint: string | undefined, repository: GitRepository): void {
  const command = /`git ([^`]+)`/.exec(hint ?? '')?.[1];
  expect(command).toBeDefined();
  repository.git(...(command ?? '').split(' '));
}

describe('a base in git', () => {
  it('is where the branch left the other one, not what that has become', async () => {
    const start = origin.commit({ 'a.txt': 'one' });
    origin.git('switch', '--quiet', '--create', 'feature');
    origin.commit({ 'a.txt': 'mine' });
    origin.git('switch', '--quiet', 'main');
    origin.commit({ 'a.txt': 'theirs', 'b.txt': 'new' });
    origin.git('switch', '--quiet', 'feature');
    origin.write({ 'a.txt': 'not committed' });
    const base = await openGitBase(origin.folder, 'main', origin.env);
    expect(base.commit).toBe(start);
    expect(base.label).toBe(`main at ${start.slice(0, 7)}`);
    expect(await base.read('a.txt')).toBe('one');
    expect(await base.read('b.txt')).toBeUndefined();
  });

  it('reads a tag, a commit id and HEAD', async () => {
    const first = origin.commit({ 'a.txt': 'one\n' });
    origin.git('tag', '--annotate', 'v1', '--message', 'v1');
    origin.commit({ 'a.txt': 'two\n' });
    for (const [ref, text] of [
      ['v1', 'one\n'],
      [first.slice(0, 10), 'one\n'],
      ['HEAD', 'two\n'],
    ] as const) {
      const base = await openGitBase(origin.folder, ref, origin.env);
      expect(await base.read('a.txt')).toBe(text);
    }
  });

  it('knows the files of a project in a subfolder by their path in the project', async () => {
    origin.commit({
      'apps/perps/schemas/a.avsc': '{}',
      'apps/perps/schemas/deep/ü b.avsc': 'text with ü',
      'apps/other/schemas/x.avsc': '{}',
      'apps/perps/connect.yaml': '',
    });
    const base = await openGitBase(join(origin.folder, 'apps/perps'), 'main', origin.env);
    expect(base.prefix).toBe('apps/perps/');
    expect(await base.list('schemas')).toEqual(['schemas/a.avsc', 'schemas/deep/ü b.avsc']);
    expect(await base.list('')).toEqual(['connect.yaml', 'schemas/a.avsc', 'schemas/deep/ü b.avsc']);
    expect(await base.list('nothing')).toEqual([]);
    expect(await base.read('schemas/deep/ü b.avsc')).toBe('text with ü');
    expect(await base.read('schemas')).toBeUndefined();
    expect(await base.read('../other/schemas/x.avsc')).toBe('{}');
  });

  it('in a clone that knows the branch as the remote’s only', async () => {
    origin.commit({ 'a.txt': 'one' });
    const copy = clone();
    copy.git('switch', '--quiet', '--create', 'feature');
    copy.git('branch', '--delete', 'main');
    copy.commit({ 'a.txt': 'two' });
    expect(await (await openGitBase(copy.folder, 'main', copy.env)).read('a.txt')).toBe('one');
    expect(await (await openGitBase(copy.folder, 'origin/main', copy.env)).read('a.txt')).toBe('one');
  });
});

describe('a shallow clone', () => {
  beforeEach(() => {
    origin.commit({ 'a.txt': 'one' });
    origin.git('switch', '--quiet', '--create', 'feature');
    for (const text of ['x', 'y', 'z']) origin.commit({ 'mine.txt': text });
  });

  it('that reaches far enough works', async () => {
    const copy = clone('--depth=10', '--branch=feature', '--no-single-branch');
    expect(await (await openGitBase(copy.folder, 'main', copy.env)).read('a.txt')).toBe('one');
  });

  it('without the branch says how to fetch it, and how to deepen, until it works', async () => {
    const copy = clone('--depth=1', '--branch=feature', '--single-branch');
    const unknown = await refusal(openGitBase(copy.folder, 'main', copy.env));
    expect(unknown).toMatchObject({ code: 'USAGE', message: 'git knows no branch, tag or commit "main" here' });
    copy.git('fetch', '--quiet', '--depth=1', 'origin', '+refs/heads/main:refs/remotes/origin/main');
    const shallow = await refusal(openGitBase(copy.folder, 'main', copy.env));
    expect(shallow.code).toBe('ENVIRONMENT');
    expect(shallow.message).toContain('shallow');
    follow(shallow.hint, copy);
    expect(await (await openGitBase(copy.folder, 'main', copy.env)).read('a.txt')).toBe('one');
  });

  it('of a detached commit, as CI makes it, is deepened by the command that the hint names', async () => {
    const copy = clone('--depth=1', '--branch=feature', '--single-branch');
    copy.git('checkout', '--quiet', '--detach');
    follow((await refusal(openGitBase(copy.folder, 'main', copy.env))).hint, copy);
    const shallow = await refusal(openGitBase(copy.folder, 'origin/main', copy.env));
    follow(shallow.hint, copy);
    expect(await (await openGitBase(copy.folder, 'origin/main', copy.env)).read('a.txt')).toBe('one');
  });

  it('of depth 1 on the merge of a pull request needs only the tip of the branch it goes into', async () => {
    origin.git('switch', '--quiet', 'main');
    origin.commit({ 'a.txt': 'two' });
    origin.git('switch', '--quiet', '--create', 'merge');
    origin.git('merge', '--quiet', '--no-ff', '--no-edit', 'feature');
    const copy = clone('--depth=1', '--branch=merge', '--single-branch');
    copy.git('checkout', '--quiet', '--detach');
    copy.git('fetch', '--quiet', '--depth=1', 'origin', '+refs/heads/main:refs/remotes/origin/main');
    expect(await (await openGitBase(copy.folder, 'main', copy.env)).read('a.txt')).toBe('two');
  });
});

describe('what cannot be a base', () => {
  it('a folder outside of any repository', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perps-connect-none-'));
    const error = await refusal(openGitBase(folder, 'main', { ...origin.env, GIT_CEILING_DIRECTORIES: tmpdir() }));
    rmSync(folder, { recursive: true });
    expect(error.code).toBe('USAGE');
    expect(error.message).toContain(`${folder} is in no git repository`);
    expect(error.hint).toContain('-e <environment>');
  });

  it('a machine without git', async () => {
    const empty = join(origin.folder, 'empty');
    mkdirSync(empty);
    const error = await refusal(openGitBase(origin.folder, 'main', { ...origin.env, PATH: empty }));
    expect(error).toMatchObject({ code: 'ENVIRONMENT', hint: expect.stringContaining('install git') });
  });

  it('a ref that is none, or that git would take for an option', async () => {
    origin.commit({ 'a.txt': 'one' });
    const missing = await refusal(openGitBase(origin.folder, 'nope', origin.env));
    expect(missing.code).toBe('USAGE');
    expect(missing.hint).toContain('git fetch');
    expect(await refusal(openGitBase(origin.folder, '--output=x', origin.env))).toMatchObject({ code: 'USAGE' });
    expect(await refusal(openGitBase(origin.folder, '', origin.env))).toMatchObject({ code: 'USAGE' });
  });

  it('a branch with another history', async () => {
    origin.commit({ 'a.txt': 'one' });
    origin.git('switch', '--quiet', '--orphan', 'stranger');
    origin.commit({ 'a.txt': 'two' });
    const error = await refusal(openGitBase(origin.folder, 'main', origin.env));
    expect(error).toMatchObject({ code: 'USAGE', message: expect.stringContaining('no history in common') });
  });
});
