import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseDocument } from 'yaml';
import { createMskProject, type MskProject } from '../../support/msk/msk-project.ts';

const group = vi.hoisted(() => ({ members: ['a', 'b'] }));

// MSK Connect alone is what these tests are about: topics, registry and database have nothing to do, and Kafka says who is in a group.
vi.mock('../../../core/kafka.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof import('../../../core/kafka.ts')>()),
  withAdmin: async (_connection: unknown, _client: string, task: (admin: unknown) => Promise<unknown>) =>
    task({
      describeGroups: async () => ({ groups: [{ members: group.members.map((memberId) => ({ memberId })) }] }),
      listTopics: async () => [],
    }),
}));
vi.mock('../../../connectors/topics.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof import('../../../connectors/topics.ts')>()),
  observeTopics: async () => ({}),
  ensureTopics: async () => [],
}));
vi.mock('../../../app/require-contract.ts', () => ({ requireContract: async () => {} }));
vi.mock('../../../schemas/registry.ts', () => ({
  createSchemaRegistry: () => ({
    version: async () => undefined,
    lookup: async () => undefined,
    compatibility: async () => undefined,
  }),
}));
vi.mock('../../../migrations/runner.ts', async (importOriginal) => ({
  ...(await importOriginal<typeof import('../../../migrations/runner.ts')>()),
  readMigrationStatus: async () => ({ applied: [], pending: [] }),
}));

const TIMEOUT = { timeout: 60_000 };
const POSITIONS = ['--only', 'positions'];

async function projectWithPlugin(connect: object = {}): Promise<MskProject> {
  const project = await createMskProject(connect);
  mkdirSync(join(project.root, '.connect'), { recursive: true });
  writeFileSync(join(project.root, '.connect/plugin-msk.zip'), 'zip');
  return project;
}
const liveOf = ({ fake }: MskProject, name = 'positions-sink') => {
  const connector = fake.connectors.get(name);
  if (connector === undefined) throw new Error(`${name} is not there`);
  return connector;
};
const edit = ({ root }: MskProject, path: string[], value: unknown) => {
  const file = join(root, 'connectors/positions.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  document.setIn(path, value);
  writeFileSync(file, document.toString());
};
const writes = ({ fake }: MskProject) => fake.calls.filter((call) => /^(Create|Update|Delete|Tag|PUT)/.test(call));

test('a saved plan is applied exactly, on the brokers that the cluster tells of', TIMEOUT, async () => {
  const project = await projectWithPlugin();
  expect((await project.run('plan', ...POSITIONS, '--out', 'p.json')).stderr).toContain('plan saved');
  const { code, stderr } = await project.run('deploy', '--plan', 'p.json');
  expect(code, stderr).toBe(0);
  expect(liveOf(project).state).toBe('RUNNING');
  expect(liveOf(project).settings.kafkaCluster.apacheKafkaCluster.bootstrapServers).toBe(
    'b-1.example.com:9098,b-2.example.com:9098',
  );
});

test('a saved plan is refused once the connector, its workers or the plugin have moved', TIMEOUT, async () => {
  const project = await projectWithPlugin();
  await project.deploy();
  edit(project, ['sink', 'batchSize'], 1000);
  await project.run('plan', ...POSITIONS, '--out', 'p.json');
  const before = structuredClone(liveOf(project).settings);
  const refused = async (change: () => void): Promise<string> => {
    change();
    const seen = writes(project).length;
    const { code, stderr } = await project.run('deploy', '--plan', 'p.json');
    expect(code).toBe(1);
    expect(writes(project)).toHaveLength(seen);
    liveOf(project).settings = structuredClone(before);
    return stderr;
  };
  const live = () => liveOf(project).settings;
  const setting = await refused(() => {
    live().connectorConfiguration['insert.mode'] = 'insert';
  });
  expect(setting).toContain('connector positions-sink: it changed on the cluster');
  const capacity = await refused(() => {
    live().capacity.provisionedCapacity.mcuCount = 2;
  });
  expect(capacity).toContain('(capacity.mcuCount)');
  const zip = join(project.root, '.connect/plugin-msk.zip');
  const plugin = await refused(() => writeFileSync(zip, 'another zip'));
  expect(plugin).toMatch(/plugin perps-connect-\w+: not in the plan/);
});

test('a saved plan holds whatever number of tasks autoscaled capacity runs meanwhile', TIMEOUT, async () => {
  const capacity = { autoscaled: { mcuCount: 4, minWorkers: 1, maxWorkers: 2 } };
  const project = await projectWithPlugin({ capacity });
  await project.deploy();
  await project.run('plan', ...POSITIONS, '--out', 'p.json');
  group.members = ['a', 'b', 'c'];
  onTestFinished(() => {
    group.members = ['a', 'b'];
  });
  const { code, stderr } = await project.run('deploy', '--plan', 'p.json');
  expect(code, stderr).toBe(0);
});

test('--prune deletes the sink that is no longer defined, and no other', TIMEOUT, async () => {
  const project = await projectWithPlugin();
  await project.deploy({ name: 'old-sink' });
  await project.deploy({ name: 'foreign-sink' });
  liveOf(project, 'foreign-sink').settings.connectorConfiguration['perps.connect.owner'] = 'another';
  await project.deploy();
  rmSync(join(project.root, 'connectors/funding_payments.yaml'));
  const { code, stdout, stderr } = await project.run('deploy', '--prune', '--yes', '-o', 'json');
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout).pruned).toEqual(['old-sink']);
  expect([...project.fake.connectors.keys()].sort()).toEqual(['foreign-sink', 'positions-sink']);
});
