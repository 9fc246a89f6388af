import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { succeed } from '../support/cli.ts';
import { freePorts } from '../support/free-ports.ts';
import { copyProject } from '../support/project.ts';
import { createStackFolder, removeStackFolder } from '../support/stack-folder.ts';
import { openTerminal } from '../support/terminal.ts';

/** What `npx -y pnpm start` runs, in a project of its own with a stack of its own. */
describe('connect start', () => {
  let root: string;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    root = createStackFolder();
    copyProject(root);
    const [kafka, registry, postgres, connect, feed] = await freePorts(5);
    env = {
      ...process.env,
      CONNECT_PORT_KAFKA: String(kafka),
      CONNECT_PORT_REGISTRY: String(registry),
      CONNECT_PORT_POSTGRES: String(postgres),
      CONNECT_PORT_CONNECT: String(connect),
      CONNECT_PORT_FEED: String(feed),
    };
  });
  afterAll(() => removeStackFolder(root));

  it('goes from an empty folder to proven rows, ends by itself and stops what it started', async () => {
    const { stdout, stderr } = await succeed(['start'], { cwd: root, env });
    expect(stdout).toContain('49,995 records, 49,995 rows: 0 missing, 0 unequal, 0 unexpected');
    expect(stdout).toContain('0 not the newest');
    expect(stdout).toContain('50,000 updates sent = 49,995 rows + 5 refused');
    expect(stdout).toMatch(/public\.current_positions, newest 5:/);
    expect(stderr).toMatch(/rows\/s/);
    const down = await succeed(['down'], { cwd: root, env });
    expect(down.stderr).toMatch(/nothing/i);
  });

  it('goes on with the same market when it is run again; on a terminal it stays up until Ctrl-C and then stops what it started', async () => {
    const terminal = openTerminal(['start', '--updates', '3000'], { cwd: root, env });
    onTestFinished(() => terminal.kill());
    await terminal.says(/the stack stays up; Ctrl-C stops it/, 240_000);
    expect(terminal.written()).toContain('52,995 rows: 0 missing, 0 unequal, 0 unexpected');
    expect(terminal.written()).toContain('53,000 updates sent = 52,995 rows + 5 refused');
    // It used to end at once.
    await sleep(3_000);
    expect(terminal.isAlive()).toBe(true);
    expect((await succeed(['status'], { cwd: root, env })).stdout).toContain('RUNNING');
    expect((await succeed(['psql', '-c', 'SELECT 1 AS one'], { cwd: root, env })).stdout).toContain('one');
    terminal.type('\u0003');
    expect((await terminal.ended).code).toBe(0);
    expect((await succeed(['down'], { cwd: root, env })).stderr).toMatch(/nothing/i);
  });

  it('shows no secret anywhere', async () => {
    const secrets = readFileSync(join(root, '.connect', 'secrets.properties'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('='))
      .map((line) => line.slice(line.indexOf('=') + 1));
    const { stdout, stderr } = await succeed(['render', '--explain'], { cwd: root, env });
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  });
});
