import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { completionScript, SHELLS } from '../../../cli/completion/scripts.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { copyProject } from '../../support/project.ts';
import { scratchFolderOfFile } from '../../support/scratch.ts';

const root = scratchFolderOfFile();

/** The words offered for the last of these. */
async function offered(words: readonly string[], cwd = root): Promise<string[]> {
  const { code, stdout, stderr } = await runInProcess(['__complete', '--', ...words], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']));
}

beforeAll(() => copyProject(root));

describe('completion', () => {
  it.each([
    [['stat'], ['status']],
    [
      ['schemas', ''],
      ['register', 'check', 'help'],
    ],
    [['offsets', 'r'], ['reset']],
    [['init', ''], ['stream']],
    [
      ['status', '-e', ''],
      ['local', 'docker', 'compose'],
    ],
    [['status', '--env', 'co'], ['compose']],
    [['status', '--env=co'], ['--env=compose']],
    [['status', '--env', '=', 'co'], ['compose']],
    [
      ['status', '--env', '='],
      ['local', 'docker', 'compose'],
    ],
    [
      ['deploy', '--only', ''],
      ['funding_payments', 'positions'],
    ],
    [['deploy', '--only', 'positions', 'f'], ['funding_payments']],
    [['simulate', 'f'], ['funding_payments']],
    [['offsets', 'get', '-e', 'local', 'positions', 'f'], ['funding_payments']],
    [['psql', ''], []],
    [
      ['diff', '-o', ''],
      ['text', 'json'],
    ],
    [['deploy', '-o', 'j'], ['json']],
    [
      ['logs', ''],
      ['postgres', 'kafka', 'registry', 'connect'],
    ],
    [['logs', '-n', '20', 'k'], ['kafka']],
    [['check', '--format', 'g'], ['github-actions']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['verify', '--oracle', ''], [':files']],
    [['deploy', '--no-roll'], ['--no-rollback']],
    [['no-such-command', ''], []],
  ])('of %j offers %j', async (words, expected) => {
    expect((await offered(words)).sort()).toEqual([...expected].sort());
  });

  it('offers each command but the hidden one, and each flag once', async () => {
    const commands = await offered(['']);
    expect(commands).toEqual(expect.arrayContaining(['up', 'deploy', 'status', 'doctor', 'completion', 'help']));
    expect(commands).not.toContain('__complete');
    const flags = await offered(['status', '--watch', '-e', 'local', '--']);
    expect(flags.sort()).toEqual(['--check', '--help', '--only', '--output']);
  });

  it('says what each is for', async () => {
    const { stdout } = await runInProcess(['__complete', '--', 'stat'], { cwd: root });
    expect(stdout).toMatch(/^status\tshow connector, tasks/);
  });

  it('is silent outside of a project, and useful in one with mistakes in it', async () => {
    expect(await offered(['status', '-e', ''], '/')).toEqual([]);
    expect(await offered(['stat'], '/')).toEqual(['status']);
    const broken = join(root, 'broken');
    mkdirSync(join(broken, 'connectors'), { recursive: true });
    writeFileSync(join(broken, 'connect.yaml'), 'environments: { staging: { nonsense: 1 } }\n');
    writeFileSync(join(broken, 'connectors', 'a.yaml'), 'name: [\n');
    expect(await offered(['status', '-e', ''], broken)).toEqual(['staging']);
    expect(await offered(['status', '--only', ''], broken)).toEqual([]);
  });

  it.each(SHELLS)('the script for %s asks the command for candidates and leaves file names to the shell', (shell) => {
    const script = completionScript(shell);
    expect(script).toContain(' __complete -- ');
    expect(script).toContain(':files');
    expect(script).toContain('2>/dev/null');
  });
});
