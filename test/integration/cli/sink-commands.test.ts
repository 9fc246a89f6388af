import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type InProcessResult, runInProcess } from '../../support/in-process-cli.ts';
import { createSinkFixture } from '../../support/sink-fixture.ts';
import { step } from '../../support/step.ts';

test('a sink is rendered, deployed, looked at, changed and diagnosed', { timeout: 300_000 }, async () => {
  const sink = await createSinkFixture('commands');
  onTestFinished(() => sink.test.remove());
  const connect = (...args: string[]): Promise<InProcessResult> =>
    runInProcess([...args, '--only', 'positions'], { cwd: sink.test.root, env: sink.test.env });
  /** Runs a task while a file of the project is another; the file is put back, whatever happens. */
  const whileEdited = async (path: string, from: string | RegExp, to: string, task: () => Promise<void>) => {
    const file = join(sink.test.root, path);
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, good.replace(from, to));
    try {
      await task();
    } finally {
      writeFileSync(file, good);
    }
  };

  await step('status tells a sink that is not deployed', async () => {
    const { code, stdout } = await connect('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/positions-sink-\S+ +rest +MISSING +none +0 +0 +0 +0\n/);
  });

  await step('render prints what deploy sends, with references in the place of secrets', async () => {
    const { stdout } = await connect('render', '-o', 'json');
    expect(JSON.parse(stdout).connectors).toEqual([{ name: sink.stream.sink.name, config: sink.config }]);
    expect(stdout).not.toContain(sink.test.database.password);
    const explained = await connect('render', '--explain');
    expect(explained.stdout).toContain('# records are delivered at least once');
  });

  await step(
    'deploy without a terminal and without --yes shows the plan, changes nothing and is a matter of usage',
    async () => {
      const { code, stdout, stderr } = await connect('deploy');
      expect(code).toBe(64);
      expect(stdout).toBe('');
      expect(stderr).toContain(`  + connector ${sink.stream.sink.name} `);
      expect(stderr).toContain('say --yes to do it');
      expect(await sink.api.config(sink.stream.sink.name)).toBeUndefined();
    },
  );

  await step('deploy creates, and says on stderr what goes on', async () => {
    const { code, stdout, stderr } = await connect('deploy', '--yes');
    expect(stderr).toMatch(/configuration created; waiting for its tasks\n/);
    expect(code).toBe(0);
    expect(stdout).toContain(`+ connector ${sink.stream.sink.name}  created; RUNNING 2/2 tasks\n`);
    expect(stdout).toContain(`= topic ${sink.stream.topic.name}  unchanged\n`);
  });

  await step('deploy changes nothing the second time', async () => {
    const { code, stdout, stderr } = await connect('deploy', '--yes', '-o', 'json');
    expect(code).toBe(0);
    expect(stderr).toContain('has this configuration already; nothing to change');
    expect(JSON.parse(stdout)).toMatchObject({ streams: [{ outcome: 'unchanged', changes: [] }] });
  });

  await step('status shows tasks, lag and rows', async () => {
    await sink.produce(120);
    await eventually(
      async () => {
        const { stdout } = await connect('status', '-o', 'json');
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
  });

  await step('deploy shows which settings it changed', async () => {
    const file = join(sink.test.root, sink.stream.file);
    writeFileSync(file, readFileSync(file, 'utf8').replace('batchSize: 1000', 'batchSize: 250'));
    const { stdout } = await connect('deploy', '--yes');
    expect(stdout).toContain('updated; RUNNING 2/2 tasks');
    expect(stdout).toContain('    ~ batch.size  "1000" → "250"');
  });

  await step('a failed task shows in status with its cause, its record and what to do', async () => {
    await sink.query('ALTER TABLE positions ADD CONSTRAINT no_more CHECK (position_index < 500)');
    await sink.produce(1, 500);
    await eventually(
      async () => {
        const { stdout } = await connect('status');
        expect(stdout).toMatch(/1 RUNNING, 1 FAILED|1 FAILED, 1 RUNNING|2 FAILED/);
        expect(stdout).toContain('violates check constraint "no_more"');
        expect(stdout).toMatch(new RegExp(`record {2}${sink.stream.topic.name}-\\d@\\d+`));
        expect(stdout).toContain('nothing is lost');
      },
      { timeoutMs: 30_000 },
    );
  });

  await step('a part that does not answer is named, and takes nothing from the others', async () => {
    const url = /url: 'http:\/\/127\.0\.0\.1:\d+' }/;
    await whileEdited('connect.yaml', url, "url: 'http://127.0.0.1:1' }", async () => {
      const status = await connect('status');
      expect(status.code).toBe(1);
      expect(status.stdout).toMatch(/Kafka Connect at 127\.0\.0\.1:1 is not reachable/);
      expect(status.stdout).toMatch(/ 12\d /);
      const deploy = await connect('deploy', '--yes');
      expect(deploy.code).toBe(1);
      expect(deploy.stderr).toMatch(/✗ Kafka Connect at 127\.0\.0\.1:1 is not reachable.*\n.*hint/);
    });
    await whileEdited('connect.yaml', /brokers: \['127\.0\.0\.1:\d+'\]/, "brokers: ['127.0.0.1:1']", async () => {
      const { code, stderr } = await connect('deploy', '--yes');
      expect(code).toBe(1);
      expect(stderr).toMatch(/✗ Kafka at 127\.0\.0\.1:1 is not reachable/);
    });
  });

  await step('a topic with other partitions is refused before anything is deployed', async () => {
    await whileEdited(sink.stream.file, 'partitions: 4', 'partitions: 6', async () => {
      const { code, stderr } = await connect('deploy', '--yes');
      expect(code).toBe(1);
      expect(stderr).toMatch(/has 4 partitions, the definition says 6.*set topic\.partitions to 4/);
    });
  });

  await step('a duration that is none is a matter of usage', async () => {
    expect((await connect('deploy', '--yes', '--timeout', 'soon')).stderr).toContain('90s, 5m, 1h');
  });
});
