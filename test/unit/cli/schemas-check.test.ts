import { Writable } from 'node:stream';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addSchemasCheck } from '../../../cli/commands/schemas-check.ts';
import { createContext } from '../../../cli/context.ts';
import { ConnectError } from '../../../core/errors.ts';
import { createGitProject, type GitProject } from '../../support/git-project.ts';

let project: GitProject;
beforeEach(() => {
  project = createGitProject('apps/perps/');
});
afterEach(() => project.remove());

interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(...args: string[]): Promise<Outcome> {
  let exit = 0;
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString();
        done();
      },
    });
  const context = createContext({
    env: project.env,
    cwd: `${project.folder}/apps/perps`,
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    isTty: false,
    signal: new AbortController().signal,
    setExitCode: (code) => {
      exit = code;
    },
  });
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  const schemas = program
    .command('schemas')
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  addSchemasCheck(schemas, context);
  for (const command of schemas.commands) command.copyInheritedSettings(schemas);
  await program.parseAsync(['schemas', 'check', ...args], { from: 'user' });
  return { exit, ...written };
}

const AVSC = 'schemas/position-update.avsc';
const rescale = () => project.edit(AVSC, '"precision": 38, "scale": 8', '"precision": 38, "scale": 6');

describe('connect schemas check', () => {
  it('exits 0 and prints nothing but the summary when nothing breaks', async () => {
    const { exit, stdout, stderr } = await run('--against', 'main');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '' });
    expect(stderr).toMatch(/^✓ schemas are compatible; compared with main at [0-9a-f]{7}\n$/);
  });

  it('exits 3 with file, line and remedy when something does', async () => {
    rescale();
    const { exit, stdout, stderr } = await run('--against', 'main');
    expect(exit).toBe(3);
    expect(stdout).toMatch(
      /^schemas\/position-update\.avsc:\d+:\d+ {2}error {2}size: decimal\(38,6\) was decimal\(38,8\)/,
    );
    expect(stdout).toContain('instead  leave the field as it is');
    expect(stderr).toMatch(/^✗ 1 finding; compared with main at/);
  });

  it('exits 0 with notes', async () => {
    project.edit(AVSC, '"maximum": 32767', '"maximum": 40000');
    const { exit, stdout, stderr } = await run('--against', 'main');
    expect(exit).toBe(0);
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
    expect((await run('--against', 'main', '--level', 'none')).exit).toBe(0);
    expect((await run('--against', 'main', '--level', 'full-transitive')).exit).toBe(3);
  });

  it.each([
    [[], 'something to compare with'],
    [['--against', 'main', '--level', 'SIDEWAYS'], '"SIDEWAYS" is not a compatibility level'],
    [['--against', 'nowhere'], 'git knows no branch, tag or commit "nowhere"'],
    [['--against', 'main', '--only', 'position'], 'position'],
    [['-e', 'lokal'], 'lokal'],
  ])('refuses %j as misuse', async (args, message) => {
    const error = await run(...args).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConnectError);
    expect((error as ConnectError).exitCode).toBe(64);
    expect((error as ConnectError).message).toContain(message);
  });

  it('refuses a schema that does not parse, with its place', async () => {
    project.edit(AVSC, '"name": "owner", "type": "string"', '"name": "owner", "type": "strnig"');
    const error = (await run('--against', 'main').catch((caught: unknown) => caught)) as ConnectError;
    expect(error.code).toBe('INVALID_DEFINITION');
    expect(error.details.problems).toMatchObject([{ file: AVSC, message: expect.stringContaining('strnig') }]);
  });

  it('refuses an unknown format by naming those there are', async () => {
    await expect(run('--against', 'main', '--format', 'xml')).rejects.toThrow(/Allowed choices are text, json/);
  });
});
