import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { withPostgres } from '../../../core/postgres.ts';
import { selectStreams } from '../../../pipeline/load.ts';
import { type CliProcess, runCli, startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { createTestProject } from '../../support/project.ts';

test('a topic grows under a running sink and producer, and everything stays exact', { timeout: 300_000 }, async () => {
  const project = await createTestProject({ name: 'grow' });
  onTestFinished(() => project.remove());
  const options = { cwd: project.root, env: project.env };
  const positions = ['--only', 'positions'];
  const [stream] = selectStreams(project.project, ['positions']);
  for (const words of [
    ['migrate', 'up'],
    ['schemas', 'register'],
    ['deploy', '--yes', ...positions],
  ]) {
    await succeed(words, options);
  }
  const start = (...words: string[]): CliProcess => {
    const running = startCli([...words, ...positions], options);
    onTestFinished(() => void running.child.kill('SIGKILL'));
    return running;
  };
  const simulator = start('simulate', '--rate', '200');
  await eventually(async () => expect(simulator.output.stdout).toContain('PositionFeed'), { timeoutMs: 30_000 });
  const rowsIn = async (condition: string) =>
    withPostgres(project.database, async (client) => {
      const { rows } = await client.query<{ found: number }>(
        `SELECT count(*)::int AS found FROM positions WHERE ${condition}`,
      );
      return rows[0]?.found ?? 0;
    });
  let producer = start('produce');
  await eventually(async () => expect(await rowsIn('true')).toBeGreaterThan(300), { timeoutMs: 60_000 });

  const file = join(project.root, stream?.file ?? '');
  writeFileSync(file, readFileSync(file, 'utf8').replace('partitions: 4', 'partitions: 8'));
  const { stderr } = await succeed(['deploy', '--grow-topics', '--yes', ...positions], options);
  expect(stderr).toMatch(/has 8 partitions: its sink reads all of them; its producer writes to all of them\n/);
  await eventually(async () => expect(await rowsIn('kafka_partition >= 4')).toBeGreaterThan(200), {
    timeoutMs: 60_000,
  });

  // A producer that is started again sends some slots once more, now into the new partitions.
  producer.child.kill('SIGTERM');
  expect((await producer.ended).code).toBe(0);
  producer = start('produce');
  await eventually(async () => expect(producer.output.stderr).toMatch(/in Kafka/), { timeoutMs: 30_000 });
  producer.child.kill('SIGTERM');
  await producer.ended;
  const verified = await runCli(['verify', '--wait', '60s', '-o', 'json', ...positions], options);
  const [report] = (JSON.parse(verified.stdout) as { streams: { samples: unknown[]; redelivered: number }[] }).streams;
  expect(report?.samples).toEqual([]);
  expect(report?.redelivered).toBeGreaterThan(0);
  expect(verified.code).toBe(0);

  const without = await succeed(['plan', '--check', ...positions], options);
  expect(without.stdout).toMatch(/= topic \S+ +8 partitions/);
});
