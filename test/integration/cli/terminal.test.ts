import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';
import { openTerminal, type Terminal } from '../../support/terminal.ts';

const CTRL_C = '\u0003';

describe('on a terminal', () => {
  let project: TestProject;
  let options: { cwd: string; env: NodeJS.ProcessEnv };
  beforeAll(async () => {
    project = await createTestProject({ name: 'terminal' });
    options = { cwd: project.root, env: project.env };
    for (const command of ['migrate up', 'schemas register']) await succeed(command.split(' '), options);
  });
  afterAll(() => project?.remove());

  function open(args: readonly string[], changes: NodeJS.ProcessEnv = {}): Terminal {
    const terminal = openTerminal(args, { ...options, env: { ...options.env, ...changes } });
    onTestFinished(() => terminal.kill());
    return terminal;
  }

  it('deploy asks, does nothing for an answer other than yes, and deploys for yes', async () => {
    const refused = open(['deploy']);
    await refused.says(/type yes: /);
    refused.type('no\r');
    expect((await refused.ended).code).toBe(130);
    expect(refused.written()).toMatch(/not done/);
    const agreed = open(['deploy']);
    await agreed.says(/type yes: /);
    agreed.type('yes\r');
    expect((await agreed.ended).code).toBe(0);
    expect(agreed.written()).toMatch(/created; RUNNING 2\/2 tasks/);
  });

  it('init asks what flags leave open, again after an answer that will not do, and makes that project', async () => {
    const asking = open(['init']);
    await asking.says(/folder \(\.\): /);
    asking.type('mine\r');
    await asking.says(/template \(positions\): /);
    asking.type('none\r');
    await asking.says(/one of positions, blank, msk[\s\S]*template \(positions\): /);
    asking.type('blank\r');
    await asking.says(/name of the first stream \(trades\): /);
    asking.type('\r');
    expect((await asking.ended).code).toBe(0);
    expect(asking.written()).toMatch(/ connectors\/trades\.yaml/);
    const left = open(['init', 'other']);
    await left.says(/template \(positions\): /);
    left.type(CTRL_C);
    expect((await left.ended).code).toBe(130);
    expect(existsSync(join(project.root, 'other'))).toBe(false);
  });

  it('status --watch goes on until Ctrl-C, which is no error', async () => {
    const watching = open(['status', '--watch', '--only', 'positions']);
    await watching.says(/RUNNING/);
    expect(watching.isAlive()).toBe(true);
    watching.type(CTRL_C);
    expect((await watching.ended).code).toBe(0);
  });

  it('produce shows a row a stream at 60 columns, leaves no row behind, and ends at Ctrl-C', async () => {
    const simulator = startCli(['simulate', '--rate', '300'], options);
    onTestFinished(() => void simulator.child.kill('SIGTERM'));
    await eventually(() => expect(simulator.output.stdout).toMatch(/PositionFeed/), {
      timeoutMs: 30_000,
    });
    const producing = open(['produce']);
    await producing.says(
      /funding\S* {2}[\d,]+ received[\s\S]*funding\S* {2}[\d,]+ received[\s\S]*funding\S* {2}[\d,]+ received/,
    );
    const progress = producing.rows().filter((row) => row.includes(' received'));
    expect(progress.map((row) => row.split(' ')[0]).sort()).toEqual([expect.stringMatching(/^funding/), 'positions']);
    for (const row of progress) expect(row.length).toBeLessThan(60);
    producing.type(CTRL_C);
    expect((await producing.ended).code).toBe(0);
    expect(producing.written()).toMatch(/positions {2}stopped after/);
  });

  it('psql opens the database, and where it is not installed a prompt that reads only', async () => {
    const prompt = open(['psql'], { PATH: '' });
    await prompt.says(/select> /);
    prompt.type('SELECT count(*) AS found FROM positions;\r');
    await prompt.says(/\(1 row\)/);
    prompt.type('DELETE FROM positions;\r');
    await prompt.says(/cannot execute DELETE in a read-only transaction/);
    prompt.type('\\q\r');
    expect((await prompt.ended).code).toBe(0);
  });
});
