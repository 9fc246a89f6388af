import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type InProcessResult, runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture, type SinkFixture } from '../../support/sink-fixture.ts';

const connect = (sink: SinkFixture, args: readonly string[]): Promise<InProcessResult> =>
  runInProcess([...args, '--only', 'positions'], { cwd: sink.test.root, env: sink.test.env });

describe('render, deploy and status', () => {
  let sink: SinkFixture;
  beforeAll(async () => {
    sink = await createSinkFixture('commands');
  });
  afterAll(() => sink?.test.remove());

  it('status tells a sink that is not deployed', async () => {
    const { code, stdout } = await connect(sink, ['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/positions-sink-\S+ +rest +MISSING +none +0 +0 +0 +0\n/);
  });

  it('render prints what deploy sends, with references in the place of secrets', async () => {
    const { stdout } = await connect(sink, ['render', '-o', 'json']);
    expect(JSON.parse(stdout).connectors).toEqual([{ name: sink.stream.sink.name, config: sink.config }]);
    expect(stdout).not.toContain(sink.test.database.password);
    const explained = await connect(sink, ['render', '--explain']);
    expect(explained.stdout).toContain('# records are delivered at least once');
  });

  it('deploy without a terminal and without --yes shows the plan, changes nothing and is a matter of usage', async () => {
    const { code, stdout, stderr } = await connect(sink, ['deploy']);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).toContain(`  + connector ${sink.stream.sink.name} `);
    expect(stderr).toContain('say --yes to do it');
    expect(await sink.target.config(sink.stream.sink.name)).toBeUndefined();
  });

  it('deploy creates, and says on stderr what goes on', async () => {
    const { code, stdout, stderr } = await connect(sink, ['deploy', '--yes']);
    expect(stderr).toMatch(/configuration created; waiting for its tasks\n/);
    expect(code).toBe(0);
    expect(stdout).toContain(`+ connector ${sink.stream.sink.name}  created; RUNNING 2/2 tasks\n`);
    expect(stdout).toContain(`= topic ${sink.stream.topic.name}  unchanged\n`);
  });

  it('deploy changes nothing the second time', async () => {
    const { code, stdout, stderr } = await connect(sink, ['deploy', '--yes', '-o', 'json']);
    expect(code).toBe(0);
    expect(stderr).toContain('has this configuration already; nothing to change');
    expect(JSON.parse(stdout)).toMatchObject({ streams: [{ outcome: 'unchanged', changes: [] }] });
  });

  it('status shows tasks, lag and rows', async () => {
    await sink.produce(120);
    await eventually(
      async () => {
        const { stdout } = await connect(sink, ['status', '-o', 'json']);
        expect(JSON.parse(stdout).streams).toMatchObject([
          {
            state: 'RUNNING',
            tasks: [{ state: 'RUNNING' }, { state: 'RUNNING' }],
            rows: { count: '120', exact: true },
            lag: '0',
            rejected: '0',
            unanswered: [],
          },
        ]);
      },
      // The sink commits its offsets once a minute unless the worker says otherwise.
      { timeoutMs: 75_000 },
    );
  }, 90_000);

  it('deploy shows which settings it changed', async () => {
    const file = join(sink.test.root, sink.stream.file);
    writeFileSync(file, readFileSync(file, 'utf8').replace('batchSize: 1000', 'batchSize: 250'));
    const { stdout } = await connect(sink, ['deploy', '--yes']);
    expect(stdout).toContain('updated; RUNNING 2/2 tasks');
    expect(stdout).toContain('    ~ batch.size  "1000" → "250"');
  });

  it('a failed task shows in status with its cause, its record and what to do', async () => {
    await sink.query('ALTER TABLE positions ADD CONSTRAINT no_more CHECK (position_index < 500)');
    await sink.produce(1, 500);
    await eventually(
      async () => {
        const { stdout } = await connect(sink, ['status']);
        expect(stdout).toMatch(/1 RUNNING, 1 FAILED|1 FAILED, 1 RUNNING|2 FAILED/);
        expect(stdout).toContain('violates check constraint "no_more"');
        expect(stdout).toMatch(new RegExp(`record {2}${sink.stream.topic.name}-\\d@\\d+`));
        expect(stdout).toContain('nothing is lost');
      },
      { timeoutMs: 30_000 },
    );
  });

  it('a part that does not answer is named, and takes nothing from the others', async () => {
    const file = join(sink.test.root, 'connect.yaml');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace(/url: 'http:\/\/127\.0\.0\.1:\d+' }/, "url: 'http://127.0.0.1:1' }"));
    const status = await connect(sink, ['status']);
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/Kafka Connect at 127\.0\.0\.1:1 is not reachable/);
    expect(status.stdout).toMatch(/ 12\d /);
    const deploy = await connect(sink, ['deploy', '--yes']);
    expect(deploy.code).toBe(1);
    expect(deploy.stderr).toMatch(/✗ Kafka Connect at 127\.0\.0\.1:1 is not reachable.*\n.*hint/);
    writeFileSync(file, good.replace(/brokers: \['127\.0\.0\.1:\d+'\]/, "brokers: ['127.0.0.1:1']"));
    const noBroker = await connect(sink, ['deploy', '--yes']);
    expect(noBroker.code).toBe(1);
    expect(noBroker.stderr).toMatch(/✗ Kafka at 127\.0\.0\.1:1 is not reachable/);
    writeFileSync(file, good);
  });

  it('a topic with other partitions is refused before anything is deployed', async () => {
    const file = join(sink.test.root, sink.stream.file);
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace('partitions: 4', 'partitions: 6'));
    const { code, stderr } = await connect(sink, ['deploy', '--yes']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/has 4 partitions, the definition says 6.*set topic\.partitions to 4/);
    writeFileSync(file, good);
  });

  it('a duration that is none is a matter of usage', async () => {
    expect((await connect(sink, ['deploy', '--yes', '--timeout', 'soon'])).stderr).toContain('90s, 5m, 1h');
  });
});
