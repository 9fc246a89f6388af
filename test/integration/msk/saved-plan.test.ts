import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseDocument } from 'yaml';
import { inMemoryGroups } from '../../support/in-memory-groups.ts';
import { type InProcessResult, runInProcess } from '../../support/in-process-cli.ts';
import { membersOfFake } from '../../support/msk/fake-members.ts';
import { type FakeMsk, REGION, startFakeMsk } from '../../support/msk/fake-msk.ts';
import { PLUGIN_CLASSES, pluginZip } from '../../support/msk/plugin-zip.ts';
import { createSinkFixture } from '../../support/sink-fixture.ts';
import { step } from '../../support/step.ts';

const CLUSTER = `arn:aws:kafka:${REGION}:123456789012:cluster/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2`;
const BROKERS = 'b-1.example.com:9098,b-2.example.com:9098';

interface Project {
  readonly root: string;
  readonly fake: FakeMsk;
  readonly name: string;
  /** How many tasks each sink runs from now on. */
  setTasks(count: number): void;
  run(...args: string[]): Promise<InProcessResult>;
  /** Changes the definition of positions. */
  edit(path: readonly string[], value: unknown): void;
}

/** Everything is real but the service, which runs no workers: who is in a group is said in memory. */
async function createProject(connect: object = {}): Promise<Project> {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']) vi.stubEnv(name, 'test');
  const { test: project, stream } = await createSinkFixture('mskplan');
  const fake = await startFakeMsk({ brokers: { bootstrapBrokerStringSaslIam: BROKERS } });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await fake.close();
    await project.remove();
  });
  const { root, env } = project;
  const groups = inMemoryGroups();
  const setTasks = membersOfFake(groups, fake, 2);
  const change = (file: string, path: readonly string[], value: unknown): void => {
    const document = parseDocument(readFileSync(join(root, file), 'utf8'));
    document.setIn(path, value);
    writeFileSync(join(root, file), document.toString());
  };
  const local = parseDocument(readFileSync(join(root, 'connect.yaml'), 'utf8')).toJS().environments.local;
  change('connect.yaml', ['environments', 'msk'], {
    ...local,
    connect: {
      target: 'msk',
      region: REGION,
      cluster: CLUSTER,
      role: 'arn:aws:iam::123456789012:role/perps-connect',
      subnets: ['subnet-0a1b2c3d4e5f6a7b8'],
      securityGroups: ['sg-0a1b2c3d4e5f6a7b8'],
      capacity: { provisioned: { mcuCount: 1, workerCount: 1 } },
      plugin: { bucket: 'plugins' },
      endpoints: { kafkaConnect: fake.url, kafka: fake.url, s3: fake.url },
      ...connect,
    },
    worker: { ...local.worker, databasePassword: `\${secretsmanager:perps/db:password}` },
  });
  mkdirSync(join(root, '.connect'), { recursive: true });
  writeFileSync(join(root, '.connect/plugin-msk.zip'), await pluginZip());
  return {
    root,
    fake,
    name: stream.sink.name,
    setTasks,
    run: (...args) => runInProcess([...args, '-e', 'msk'], { cwd: root, env, session: { groups } }),
    edit: (path, value) => change(stream.file, path, value),
  };
}

const digestOf = ({ root }: Project): string => JSON.parse(readFileSync(join(root, 'p.json'), 'utf8')).checksum;

const liveOf = ({ fake, name }: Project, connector = name) => {
  const live = fake.connectors.get(connector);
  if (live === undefined) throw new Error(`${connector} is not there`);
  return live;
};
const writes = ({ fake }: Project) => fake.calls.filter((call) => /^(Create|Update|Delete|Tag|PUT)/.test(call));
const succeed = async (result: Promise<InProcessResult>): Promise<InProcessResult> => {
  const done = await result;
  expect(done.code, done.stderr).toBe(0);
  return done;
};

const TIMEOUT = { timeout: 180_000 };
const POSITIONS = ['--only', 'positions'];

test('a saved plan is applied exactly, or refused once something has moved', TIMEOUT, async () => {
  const project = await createProject();

  await step('it is applied, on the brokers that the cluster tells of', async () => {
    expect((await succeed(project.run('plan', ...POSITIONS, '--out', 'p.json'))).stderr).toContain('plan saved');
    await succeed(project.run('deploy', '--plan', 'p.json', '--digest', digestOf(project)));
    expect(liveOf(project).state).toBe('RUNNING');
    expect(liveOf(project).settings.kafkaCluster.apacheKafkaCluster.bootstrapServers).toBe(BROKERS);
  });

  await step('it is refused when the connector, its workers or the plugin have moved', async () => {
    project.edit(['sink', 'batchSize'], 700);
    await succeed(project.run('plan', ...POSITIONS, '--out', 'p.json'));
    const before = structuredClone(liveOf(project).settings);
    const refused = async (change: () => void): Promise<string> => {
      change();
      const seen = writes(project).length;
      const { code, stderr } = await project.run('deploy', '--plan', 'p.json');
      expect(code, stderr).toBe(1);
      expect(writes(project)).toHaveLength(seen);
      liveOf(project).settings = structuredClone(before);
      return stderr;
    };
    const live = () => liveOf(project).settings;
    const setting = await refused(() => {
      live().connectorConfiguration['insert.mode'] = 'insert';
    });
    expect(setting).toContain(`connector ${project.name}: it changed on the cluster`);
    const capacity = await refused(() => {
      live().capacity.provisionedCapacity.mcuCount = 2;
    });
    expect(capacity).toContain('(capacity.mcuCount)');
    const another = await pluginZip({ ...PLUGIN_CLASSES, 'org/example/More': 17 });
    const plugin = await refused(() => writeFileSync(join(project.root, '.connect/plugin-msk.zip'), another));
    expect(plugin).toMatch(/plugin perps-connect-\w+: not in the plan/);
  });
});

test('a saved plan holds whatever number of tasks autoscaled capacity runs meanwhile', TIMEOUT, async () => {
  const project = await createProject({ capacity: { autoscaled: { mcuCount: 4, minWorkers: 1, maxWorkers: 2 } } });
  await succeed(project.run('deploy', ...POSITIONS, '--yes'));
  await succeed(project.run('plan', ...POSITIONS, '--out', 'p.json'));
  project.setTasks(3);
  await succeed(project.run('deploy', '--plan', 'p.json', '--yes'));
});

test('--prune deletes the sink that is no longer defined, and no other', TIMEOUT, async () => {
  const project = await createProject();
  const [old, foreign, next] = [project.name, `${project.name}-foreign`, `${project.name}-next`];
  await succeed(project.run('deploy', ...POSITIONS, '--yes'));
  project.edit(['sink', 'name'], foreign);
  await succeed(project.run('deploy', ...POSITIONS, '--yes'));
  liveOf(project, foreign).settings.connectorConfiguration['perps.connect.owner'] = 'another';
  project.edit(['sink', 'name'], next);
  rmSync(join(project.root, 'connectors/funding_payments.yaml'));
  const { stdout } = await succeed(project.run('deploy', '--prune', '--yes', '-o', 'json'));
  expect(JSON.parse(stdout).pruned).toEqual([old]);
  expect([...project.fake.connectors.keys()].sort()).toEqual([foreign, next].sort());
});
