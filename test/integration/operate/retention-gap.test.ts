import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

interface Gap {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

const sizeOf = (gaps: readonly Gap[]): bigint =>
  gaps.reduce((sum, { from, to }) => sum + BigInt(to) - BigInt(from) + 1n, 0n);

describe('records that Kafka deleted before the sink read them', { timeout: 180_000 }, () => {
  let sink: SinkFixture;
  const connect = async (...args: string[]) => {
    const { code, stdout, stderr } = await runInProcess([...args, '--only', 'positions', '-o', 'json'], {
      cwd: sink.test.root,
      env: sink.test.env,
    });
    return { code, stderr, document: JSON.parse(stdout) };
  };
  const succeed = async (...args: string[]) => {
    const { code, stderr, document } = await connect(...args);
    expect(code, `${stderr}${JSON.stringify(document)}`).toBe(0);
    return document;
  };
  /** The gaps of a refusal. */
  const refused = async (...args: string[]): Promise<readonly Gap[]> => {
    const { error } = (await connect(...args)).document;
    expect(error, args.join(' ')).toMatchObject({ code: 'UNSAFE', hint: expect.stringContaining('--accept-gap') });
    const { topic } = sink.stream;
    for (const { partition, from, to } of error.details.gaps as Gap[])
      expect(error.message).toContain(`records ${from} to ${to} of ${topic.name}-${partition} were deleted before`);
    return error.details.gaps;
  };
  const rowsToBe = (count: number) =>
    eventually(async () => expect(Number((await sink.query('SELECT count(*) FROM positions'))[0]?.count)).toBe(count), {
      timeoutMs: 30_000,
    });
  const overrun = async () => {
    const { checks } = (await connect('doctor')).document;
    return checks.filter(({ check }: { check: string }) => check === 'topics.retention-overrun');
  };
  const effects = async (): Promise<string> => {
    const { entries } = await succeed('plan');
    return entries.find(({ kind }: { kind: string }) => kind === 'connector').effects.join('\n');
  };

  beforeAll(async () => {
    sink = await createSinkFixture('gap');
    await succeed('deploy', '--yes');
    await sink.produce(1_000);
    await rowsToBe(1_000);
  });
  afterAll(() => sink?.test.remove());

  it('are not jumped over by a sink that was stopped, and the gap is told wherever one looks', async () => {
    await succeed('stop');
    await sink.produce(1_000, 1_000);
    await sink.expire();
    expect(sizeOf(await refused('resume'))).toBe(1_000n);
    expect(sizeOf(await refused('offsets', 'reset', '--to', 'earliest', '--yes'))).toBe(1_000n);
    expect(sizeOf(await refused('delete', '--offsets', '--yes'))).toBe(1_000n);
    expect(await effects()).toMatch(/records \d+ to \d+ of \S+ were deleted .* only with --accept-gap/);
    const [{ gaps, state }] = (await succeed('status')).streams;
    expect(state).toBe('STOPPED');
    expect(sizeOf(gaps)).toBe(1_000n);
    for (const gap of gaps) expect(gap.state).toBe('open');
    for (const { verdict } of await overrun()) expect(verdict).toBe('broken');
  });

  it('are jumped over with --accept-gap, and told for good', async () => {
    await succeed('resume', '--accept-gap');
    await sink.produce(10, 2_000);
    await rowsToBe(1_010);
    const [report] = (await succeed('verify', '--wait', '60s')).streams;
    expect(report).toMatchObject({ differences: 0, rowsBeforeTopic: 1_000 });
    expect(sizeOf(report.gaps)).toBe(1_000n);
    for (const gap of report.gaps) expect(gap.state).toBe('accepted');
    const [{ gaps }] = (await succeed('status')).streams;
    expect(sizeOf(gaps)).toBe(1_000n);
    for (const gap of gaps) expect(gap).toMatchObject({ state: 'accepted', at: expect.stringMatching(/Z$/) });
    const told = await overrun();
    expect(told).toHaveLength(gaps.length);
    for (const { verdict, message } of told) {
      expect(verdict).toBe('warning');
      expect(message).toMatch(/records \d+ to \d+ of partition \d were deleted .*; accepted at /);
    }
    expect(await effects()).toBe('');
  });

  it('are not jumped over by a restart or a deploy of a sink that has failed, nor by a saved plan that names others', async () => {
    const { name } = sink.stream.sink;
    await sink.query('ALTER TABLE positions RENAME COLUMN mark_price TO mark');
    await sink.produce(100, 2_010);
    await eventually(
      async () => {
        const tasks = (await sink.api.status(name))?.tasks.map((task) => task.state);
        expect(tasks).toEqual(['FAILED', 'FAILED']);
      },
      { timeoutMs: 60_000 },
    );
    await sink.query('ALTER TABLE positions RENAME COLUMN mark TO mark_price');
    await sink.expire();
    expect(sizeOf(await refused('restart', '--failed'))).toBe(100n);
    expect(sizeOf(await refused('deploy', '--yes'))).toBe(100n);
    const planned = ['--env', 'local', '-o', 'json'];
    const plan = async () =>
      expect(
        (
          await runInProcess(['plan', '--out', 'gap.json', ...planned, '--only', 'positions'], {
            cwd: sink.test.root,
            env: sink.test.env,
          })
        ).code,
      ).toBe(0);
    const deploy = async () => {
      const words = ['deploy', '--plan', 'gap.json', '--accept-gap', '--yes', ...planned];
      const { code, stdout } = await runInProcess(words, { cwd: sink.test.root, env: sink.test.env });
      return { code, document: JSON.parse(stdout) };
    };
    await plan();
    await sink.produce(50, 2_110);
    await sink.expire();
    const old = await deploy();
    expect(old.document.error).toMatchObject({ code: 'UNSAFE', message: expect.stringContaining('out of date') });
    await plan();
    const { code, document } = await deploy();
    expect(code, JSON.stringify(document)).toBe(0);
    await sink.produce(5, 2_160);
    await rowsToBe(1_015);
    const [report] = (await succeed('verify', '--wait', '60s')).streams;
    expect(sizeOf(report.gaps)).toBe(1_150n);
  });
});
