import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitProject, type GitProject } from '../../support/git-project.ts';
import { runInProcess } from '../../support/in-process-cli.ts';

let project: GitProject;
beforeEach(() => {
  project = createGitProject('apps/perps/');
});
afterEach(() => project.remove());

const run = (...args: string[]) =>
  runInProcess(['schemas', 'check', ...args], { cwd: `${project.folder}/apps/perps`, env: project.env });

const AVSC = 'schemas/position-update.avsc';
const rescale = () => project.edit(AVSC, '"precision": 38, "scale": 8', '"precision": 38, "scale": 6');

describe('connect schemas check', () => {
  it('exits 0 and prints nothing but the summary when nothing breaks', async () => {
    const { code, stdout, stderr } = await run('--against', 'main');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toMatch(/^✓ schemas are compatible; compared with main at [0-9a-f]{7}\n$/);
  });

  it('exits 3 with file, line and remedy when something does', async () => {
    rescale();
    const { code, stdout, stderr } = await run('--against', 'main');
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^schemas\/position-update\.avsc:\d+:\d+ {2}error {2}size: decimal\(38,6\) was decimal\(38,8\)/,
    );
    expect(stdout).toContain('instead  leave the field as it is');
    expect(stderr).toMatch(/^✗ 1 finding; compared with main at/);
  });

  it('exits 0 with notes', async () => {
    project.edit(AVSC, '"maximum": 32767', '"maximum": 40000');
    const { code, stdout, stderr } = await run('--against', 'main');
    expect(code).toBe(0);
    expect(stdout).toContain('note  leverage: maximum 40000 was 32767');
    expect(stderr).toContain('✓ schemas are compatible, 1 note');
  });

  it('annotates files by their path in the repository', async () => {
    rescale();
    const { stdout } = await run('--against', 'main', '--format', 'github-actions');
    expect(stdout).toMatch(
      /^::error file=apps\/perps\/schemas\/position-update\.avsc,line=\d+,col=\d+,title=DECIMAL_SCALE_CHANGED::/,
    );
  });

  it('reports as JSON and JUnit', async () => {
    rescale();
    expect(JSON.parse((await run('--against', 'main', '-o', 'json')).stdout)).toMatchObject({ errors: 1, notes: 0 });
    expect((await run('--against', 'main', '--format', 'junit')).stdout).toContain('failures="1"');
  });

  it('obeys --level, in any case', async () => {
    rescale();
    expect((await run('--against', 'main', '--level', 'none')).code).toBe(0);
    expect((await run('--against', 'main', '--level', 'full-transitive')).code).toBe(3);
  });

  it.each([
    [[], 'something to compare with'],
    [['--against', 'main', '--level', 'SIDEWAYS'], '"SIDEWAYS" is not a compatibility level'],
    [['--against', 'nowhere'], 'git knows no branch, tag or commit "nowhere"'],
    [['--against', 'main', '--only', 'position'], 'position'],
    [['-e', 'lokal'], 'lokal'],
  ])('refuses %j as misuse', async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(64);
    expect(stderr).toContain(message);
  });

  it('refuses a schema that does not parse, with its place', async () => {
    project.edit(AVSC, '"name": "owner", "type": "string"', '"name": "owner", "type": "strnig"');
    const { stdout } = await run('--against', 'main', '-o', 'json');
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'INVALID_DEFINITION',
      details: { problems: [{ file: AVSC, message: expect.stringContaining('strnig') }] },
    });
  });

  it('refuses an unknown format by naming those there are', async () => {
    expect((await run('--against', 'main', '--format', 'xml')).stderr).toMatch(/Allowed choices are text, json/);
  });
});
