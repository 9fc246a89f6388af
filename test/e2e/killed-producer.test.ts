import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kafkaConnection } from '../../connectors/kafka-connection.ts';
import { topicRanges } from '../../core/kafka-scan.ts';
import { type CliProcess, startCli, succeed } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { createTestProject, type TestProject } from '../support/project.ts';

const UPDATES = 15_000;
const RATE = 1_000;

describe('a producer that is killed in the middle of the stream', () => {
  let project: TestProject;
  let simulator: CliProcess;
  let options: { cwd: string; env: NodeJS.ProcessEnv };

  beforeAll(async () => {
    project = await createTestProject({ name: 'killed' });
    options = { cwd: project.root, env: project.env };
    await succeed(['migrate', 'up'], options);
    await succeed(['schemas', 'register'], options);
    await succeed(['deploy', '--yes', '--only', 'positions'], options);
    const flags = [
      '--updates',
      String(UPDATES),
      '--rate',
      String(RATE),
      '--faulty',
      '4',
      '--oracle',
      join(project.root, 'oracle'),
    ];
    simulator = startCli(['simulate', '--only', 'positions', ...flags], options);
    await eventually(() => expect(simulator.output.stdout).toContain('perps.v1.PositionFeed'), { timeoutMs: 30_000 });
  });
  afterAll(async () => {
    simulator?.child.kill('SIGTERM');
    await simulator?.ended;
    await project?.remove();
  });

  const produce = (): CliProcess => startCli(['produce', '--only', 'positions', '--end-with-feed'], options);
  const published = async (): Promise<number> => {
    const [stream] = project.project.streams.filter(({ name }) => name === 'positions');
    const ranges = await topicRanges(
      kafkaConnection(project.environment, project.secrets),
      String(stream?.topic.name),
      'killed-producer-test',
    );
    return (ranges ?? []).reduce((sum, { high }) => sum + Number(high), 0);
  };

  it('loses nothing and adds no row twice when it is started again', async () => {
    for (const enough of [2_000, 6_000]) {
      const producer = produce();
      await eventually(async () => expect(await published()).toBeGreaterThan(enough), { timeoutMs: 60_000 });
      producer.child.kill('SIGKILL');
      expect((await producer.ended).signal).toBe('SIGKILL');
    }
    expect(await published()).toBeLessThan(UPDATES);

    expect((await produce().ended).code).toBe(0);
    const flags = ['--only', 'positions', '--oracle', 'oracle', '--wait', '120s', '-o', 'json'];
    const { stdout } = await succeed(['verify', ...flags], options);
    const { streams } = JSON.parse(stdout) as { streams: Record<string, unknown>[] };
    expect(streams[0]).toMatchObject({
      rows: UPDATES - 4,
      missing: 0,
      unequal: 0,
      unexpected: 0,
      notCurrent: 0,
      rejected: 4,
      differences: 0,
      oracle: { updates: UPDATES, expectedRows: UPDATES - 4, expectedRejected: 4 },
    });
  });
});
