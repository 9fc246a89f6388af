import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type InProcessResult, runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

describe('the life of a deployed sink', () => {
  let sink: SinkFixture;
  let name: string;
  const connect = (...args: string[]): Promise<InProcessResult> =>
    runInProcess(args, { cwd: sink.test.root, env: sink.test.env });
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await connect(...args, '-o', 'json');
    expect(stderr).not.toContain('✗');
    expect(code).toBe(0);
    return JSON.parse(stdout).streams[0];
  };
  const rows = async () => Number((await sink.query('SELECT count(*) FROM positions'))[0]?.count);
  const rowsToBe = (count: number) => eventually(async () => expect(await rows()).toBe(count), { timeoutMs: 30_000 });

  beforeAll(async () => {
    sink = await createSinkFixture('lifecycle');
    name = sink.stream.sink.name;
  });
  afterAll(() => sink?.test.remove());

  it('a sink that is not deployed cannot be acted on', async () => {
    for (const command of ['pause', 'resume', 'stop', 'restart']) {
      const { code, stderr } = await connect(command);
      expect(code).toBe(1);
      expect(stderr).toMatch(/is not deployed on Kafka Connect at .*\n.*hint +run `connect deploy`/);
    }
  });

  it('pause holds every task back, and the second time changes nothing', async () => {
    await sink.deploy();
    const { code, stdout } = await connect('pause');
    expect(code).toBe(0);
    expect(stdout).toBe(`~ connector ${name}  RUNNING → PAUSED 2/2 tasks\n`);
    expect(await sink.target.status(name)).toMatchObject({ state: 'PAUSED', tasks: [{ state: 'PAUSED' }, {}] });
    const again = await connect('pause');
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(`= connector ${name}  PAUSED 2/2 tasks\n`);
    expect(again.stderr).toBe(`${name} is PAUSED already; nothing to change\n`);
  });

  it('what is held back is not restarted', async () => {
    const { code, stderr } = await connect('restart');
    expect(code).toBe(1);
    expect(stderr).toMatch(/is PAUSED: there is nothing to restart\n.*connect resume/);
  });

  it('stop gives up the tasks, resume brings them back and they write', async () => {
    expect(await json('stop')).toMatchObject({ outcome: 'changed', before: 'PAUSED', state: 'STOPPED', tasks: [] });
    await sink.produce(20);
    expect(await rows()).toBe(0);
    expect(await json('resume')).toMatchObject({
      outcome: 'changed',
      before: 'STOPPED',
      state: 'RUNNING',
      tasks: [{ state: 'RUNNING' }, { state: 'RUNNING' }],
    });
    await rowsToBe(20);
  });

  it('restart starts every task anew', async () => {
    const { code, stdout, stderr } = await connect('restart');
    expect(stderr).toMatch(/restarted \(connector, task 0, task 1\) in /);
    expect(code).toBe(0);
    expect(stdout).toBe(`~ connector ${name}  RUNNING 2/2 tasks\n`);
  });

  it('restart --failed leaves alone what runs', async () => {
    expect(await json('restart', '--failed')).toMatchObject({ outcome: 'unchanged', restarted: [] });
  });

  it('restart --failed says why a task fails again, and starts only that task once the cause is gone', async () => {
    await sink.query('ALTER TABLE positions RENAME COLUMN mark_price TO mark');
    await sink.produce(1, 20);
    await eventually(
      async () => expect((await sink.target.status(name))?.tasks.map((task) => task.state)).toContain('FAILED'),
      { timeoutMs: 30_000 },
    );
    // On a busy machine the task may meet its first record only after it was seen to run for the settling time.
    await eventually(
      async () => {
        const failing = await connect('restart', '--failed');
        expect(failing.stderr).toMatch(/does not run: FAILED\n.*task \d on .*\n.*cause +.*mark_price/);
        expect(failing.code).toBe(1);
      },
      { timeoutMs: 40_000 },
    );
    await sink.query('ALTER TABLE positions RENAME COLUMN mark TO mark_price');
    const { outcome, restarted } = await json('restart', '--failed');
    expect(outcome).toBe('restarted');
    expect(restarted).toEqual([expect.stringMatching(/^task \d$/)]);
    await rowsToBe(21);
  }, 120_000);
});
