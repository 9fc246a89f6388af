import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRestHost } from '../../../connectors/rest/host.ts';
import { resetOffsets } from '../../../operate/reset-offsets.ts';
import { eventually } from '../../support/eventually.ts';
import { type InProcessResult, runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

describe('the life of a deployed sink', () => {
  let sink: SinkFixture;
  let name: string;
  const connect = (...args: string[]): Promise<InProcessResult> =>
    runInProcess([...args, '--only', 'positions'], { cwd: sink.test.root, env: sink.test.env });
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
    expect(await sink.api.status(name)).toMatchObject({ state: 'PAUSED', tasks: [{ state: 'PAUSED' }, {}] });
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
      async () => expect((await sink.api.status(name))?.tasks.map((task) => task.state)).toContain('FAILED'),
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

  it('offsets get shows where a stopped sink stands, and the slot and time of what comes next', async () => {
    await connect('stop');
    await sink.produce(9, 21);
    const { partitions } = await json('offsets', 'get');
    const behind = partitions.filter((one: { lag: string }) => one.lag !== '0');
    expect(behind.reduce((sum: number, one: { lag: string }) => sum + Number(one.lag), 0)).toBe(9);
    const slots = behind.map((one: { next: { slot: string } }) => BigInt(one.next.slot));
    expect(slots).toContain(250_000_021n);
    for (const { next, committed } of behind) {
      expect(next.offset).toBe(committed);
      expect(Math.abs(Date.now() - Date.parse(next.publishedAt))).toBeLessThan(60_000);
    }
    const { stdout } = await connect('offsets', 'get');
    expect(stdout).toMatch(/PARTITION +COMMITTED +END +LAG +NEXT SLOT +NEXT PUBLISHED\n/);
    expect(stdout).toMatch(/-\d +\d+ +\d+ +\d+ +2500000\d\d +20\d\d-\S+Z\n/);
  });

  it('offsets reset leaves no record out without --yes, and changes nothing in a dry run', async () => {
    const refused = await connect('offsets', 'reset', '--to', 'latest');
    expect(refused.code).toBe(64);
    expect(refused.stderr).toMatch(/would leave out 9 records; nothing was changed\n.*--yes/);
    expect(await json('offsets', 'reset', '--to', 'latest', '--dry-run')).toMatchObject({
      outcome: 'planned',
      skipped: '9',
      again: '0',
    });
    const asked = await connect('offsets', 'reset', '--to', 'earliest');
    expect(asked.code).toBe(64);
    expect(asked.stdout).toContain('21 records are upserted again');
  });

  it('offsets reset to a slot reads from its first record in each partition, and a stopped sink stays stopped', async () => {
    const { again, skipped, outcome, state } = await json('offsets', 'reset', '--to', 'slot:250000010', '--yes');
    // Numbers 10 to 20 of the 21 that were committed.
    expect({ again, skipped, outcome, state }).toEqual({
      again: '11',
      skipped: '0',
      outcome: 'reset',
      state: 'STOPPED',
    });
    await sink.query('DELETE FROM positions WHERE slot >= 250000010');
    expect((await connect('offsets', 'reset', '--to', 'slot:250000010', '--yes')).stdout).toMatch(
      /stand there already/,
    );
    expect((await connect('resume')).code).toBe(0);
    await rowsToBe(30);
  });

  it('offsets reset stops a sink that runs, and it writes the rows once more', async () => {
    await sink.query('DELETE FROM positions');
    expect(await json('offsets', 'reset', '--to', 'earliest', '--yes')).toMatchObject({
      outcome: 'reset',
      skipped: '0',
      stateBefore: 'RUNNING',
      state: 'RUNNING',
    });
    await rowsToBe(30);
  });

  it('a sink whose offsets the worker refuses to change runs again as before', async () => {
    const move = { partition: 0, from: 1n, to: -5n, again: 0n, skipped: 0n };
    const action = {
      stream: sink.stream,
      host: createRestHost(sink.api, sink.groups),
      groups: sink.groups,
      kafka: { brokers: sink.test.environment.kafka.brokers },
      timeoutMs: 60_000,
    };
    await expect(resetOffsets(action, { moves: [move], again: 0n, skipped: 0n })).rejects.toMatchObject({
      message: expect.stringMatching(/could not set the offsets of /),
    });
    expect(await sink.api.status(name)).toMatchObject({
      state: 'RUNNING',
      tasks: [{ state: 'RUNNING' }, { state: 'RUNNING' }],
    });
  });

  it('a time before the first record is earliest, a time to come is latest', async () => {
    const past = await json('offsets', 'reset', '--to', '2020-01-01', '--dry-run');
    expect(past.moves.every((move: { to: string }) => move.to === '0')).toBe(true);
    const { moves } = await json('offsets', 'reset', '--to', '2999-01-01T00:00:00Z', '--dry-run');
    for (const move of moves) expect(move.again).toBe('0');
    const { code, stderr } = await connect('offsets', 'reset', '--to', '2026-01-01T00:00:00');
    expect(code).toBe(64);
    expect(stderr).toContain('a time with its zone');
  });

  it('delete asks first, says what is kept, and a later deploy resumes', async () => {
    expect((await connect('delete')).code).toBe(64);
    const { code, stdout } = await connect('delete', '--yes');
    expect(code).toBe(0);
    expect(stdout).toContain(`- connector ${name}  deleted\n`);
    expect(stdout).toMatch(/= offsets {2}kept .*a later deploy resumes at \S+-0@\d+/);
    expect(stdout).toContain('= table public.positions  kept\n');
    expect(await sink.api.config(name)).toBeUndefined();
    expect(await json('delete', '--yes')).toMatchObject({ outcome: 'unchanged', offsets: 'kept' });
    await sink.query('DELETE FROM positions');
    await sink.deploy();
    await sink.produce(1, 30);
    await rowsToBe(1);
  });

  it('delete --offsets lets a later deploy begin with the oldest record', async () => {
    expect(await json('delete', '--offsets', '--yes')).toMatchObject({
      outcome: 'deleted',
      offsets: 'deleted',
      committed: [],
    });
    await sink.deploy();
    await rowsToBe(31);
  });
});
