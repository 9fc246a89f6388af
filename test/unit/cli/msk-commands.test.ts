import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseDocument } from 'yaml';
import { serveJson } from '../../support/json-server.ts';
import { createMskProject, type MskProject } from '../../support/msk/msk-project.ts';
import { PLUGIN_CLASSES, pluginZip } from '../../support/msk/plugin-zip.ts';

const liveOf = ({ fake }: MskProject) => {
  const connector = fake.connectors.get('positions-sink');
  if (connector === undefined) throw new Error('positions-sink is not there');
  return connector;
};

test('a deploy that would not follow its operations is refused before anything is asked', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject();
  const { code, stderr } = await project.run('deploy', '--no-wait', '--yes');
  expect(code).toBe(64);
  expect(stderr).toContain('MSK Connect in eu-central-1 answers before it begins');
  expect(project.fake.calls).toEqual([]);
});

test('an imported connector is deployed again without a difference, with its polls and its secret as a reference', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject();
  await project.deploy({
    tasksMax: 1,
    batchSize: 700,
    maxPollRecords: 800,
    maxPartitionFetchBytes: 2_097_152,
    config: { 'consumer.override.fetch.min.bytes': '65536', 'max.retries': '3' },
  });
  const before = structuredClone(liveOf(project).settings);
  expect(project.fake.resources.filesOf(before).properties).toContain('consumer.max.poll.records=800\n');

  const { code, stdout, stderr } = await project.run('import', 'positions-sink');
  expect(code, stderr).toBe(0);
  expect(parse(stdout).sink).toEqual({
    name: 'positions-sink',
    onUndecodable: 'fail',
    tasksMax: 1,
    batchSize: 700,
    maxPollRecords: 800,
    maxPartitionFetchBytes: 2_097_152,
    config: { 'consumer.override.fetch.min.bytes': '65536', 'max.retries': '3' },
  });
  expect(before.connectorConfiguration['connection.password']).toBe(`\${secretsmanager:perps/db:password}`);
  expect(stdout).not.toContain('secretsmanager');

  writeFileSync(join(project.root, 'connectors/positions.yaml'), stdout);
  await project.deploy();
  expect(liveOf(project).settings).toEqual(before);
  expect(liveOf(project).operations).toEqual([]);
});

test('what the environment says of its workers is not repeated in an imported definition', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject({ workerConfiguration: { 'consumer.fetch.min.bytes': 65_536 } });
  await project.deploy();
  const { code, stdout, stderr } = await project.run('import', 'positions-sink');
  expect(code, stderr).toBe(0);
  expect(stdout).not.toContain('fetch.min.bytes');
  // The project is not this package: its schemas are where it is installed.
  expect(stdout).toMatch(
    /^# yaml-language-server: \$schema=\.\.\/node_modules\/perps-connect\/pipeline\/definition\.schema\.json\n/,
  );
});

test('how many tasks autoscaled capacity runs does not get into an imported definition', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject({ capacity: { autoscaled: { mcuCount: 4, minWorkers: 2, maxWorkers: 2 } } });
  await project.deploy({ tasksMax: 3 });
  const definition = join(project.root, 'connectors/positions.yaml');
  writeFileSync(definition, readFileSync(definition, 'utf8').replace('tasksMax: 2', 'tasksMax: 3'));
  const { code, stdout, stderr } = await project.run('import', 'positions-sink');
  expect(code, stderr).toBe(0);
  expect(parse(stdout).sink.tasksMax).toBe(3);
});

test('a wait for an operation ends when --timeout says, and the operation is ordered once', {
  timeout: 60_000,
}, async () => {
  const project = await createMskProject();
  await project.deploy();
  project.fake.faults.looks = Number.POSITIVE_INFINITY;
  const { code, stderr } = await project.run('pause', '--only', 'positions', '--timeout', '1s');
  expect(code).toBe(1);
  expect(stderr).toContain('waited 1 s for the operation on positions-sink to end');
  expect(project.fake.calls.filter((call) => call === 'PauseConnector')).toHaveLength(1);
});

/** A project in which a plan needs neither brokers nor database, with a plugin that holds these classes. */
async function withPlugin(classes: Readonly<Record<string, number>>) {
  const project = await createMskProject();
  const registry = await serveJson(() => ({ status: 404, body: { error_code: 40401, message: 'Subject not found' } }));
  const file = join(project.root, 'connect.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('http://127.0.0.1:1/apis/ccompat/v7', registry.url));
  const zip = join(project.root, '.connect', 'plugin-msk.zip');
  mkdirSync(dirname(zip), { recursive: true });
  writeFileSync(zip, await pluginZip(classes));
  return {
    ...project,
    zip,
    run: (...words: string[]) => project.run(...words, '--only', 'positions', '-o', 'json'),
  };
}

const UNCHECKED = ['--unchecked', 'brokers,database'];
const writesOf = ({ fake }: MskProject) => fake.calls.filter((call) => /^(Create|Update|Delete|Tag|PUT)/.test(call));

test('from a machine that reaches neither brokers nor database a deploy says what is unknown, and goes on when told', {
  timeout: 120_000,
}, async () => {
  const project = await withPlugin(PLUGIN_CLASSES);
  project.fake.topics.faults.refuse = 'not supported for serverless clusters';
  expect((await project.run('deploy', '--yes', '--unchecked', 'disk')).code).toBe(64);
  expect(project.fake.calls).toEqual([]);
  const { code, stdout, stderr } = await project.run('deploy', '--yes', ...UNCHECKED);
  expect(code, `${stdout}${stderr}`).toBe(0);
  for (const unknown of [
    /migrations: unknown, because PostgreSQL at /,
    /\? topic positions +unknown, because Kafka at .*, and MSK does not tell of its topics \(.*serverless/,
    /effect: where its group stands, and whether Kafka deleted records that it has not read, are unknown, because Kafka at /,
  ])
    expect(stderr).toMatch(unknown);
  expect(JSON.parse(stdout).streams).toMatchObject([{ outcome: 'created', topics: [] }]);
  expect(project.fake.calls).toContain('CreateConnector');
});

test('from a machine that does not reach the brokers of an MSK cluster, MSK itself tells of the topics and makes them', {
  timeout: 120_000,
}, async () => {
  const project = await withPlugin(PLUGIN_CLASSES);
  const { code, stdout, stderr } = await project.run('deploy', '--yes', ...UNCHECKED);
  expect(code, `${stdout}${stderr}`).toBe(0);
  expect(stderr).toMatch(
    /\+ topic positions +4 partitions, 3 copies\n +note: told by MSK's own calls, not by the brokers/,
  );
  const outcomes = JSON.parse(stdout).streams[0].topics.map(({ outcome }: { outcome: string }) => outcome);
  expect(outcomes).toEqual(Array(4).fill('created'));
  const definition = join(project.root, 'connectors/positions.yaml');
  writeFileSync(definition, readFileSync(definition, 'utf8').replace('partitions: 4', 'partitions: 8'));
  const grown = await project.run('deploy', '--yes', '--grow-topics', ...UNCHECKED);
  expect(JSON.parse(grown.stdout).streams[0].topics[0]).toMatchObject({ outcome: 'grown' });
  expect(grown.stderr).toContain('the brokers cannot be asked for its producer');
});

test('an environment may ask MSK for its topics, on an MSK cluster only', { timeout: 60_000 }, async () => {
  const project = await withPlugin(PLUGIN_CLASSES);
  const file = join(project.root, 'connect.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  document.setIn(['environments', 'msk', 'kafka', 'topicsBy'], 'aws');
  writeFileSync(file, document.toString());
  project.fake.topics.faults.refuse = 'not supported for serverless clusters';
  const { code, stdout } = await project.run('plan');
  expect(code).toBe(1);
  expect(JSON.parse(stdout).error).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('serverless') });
  document.deleteIn(['environments', 'msk', 'connect', 'cluster']);
  document.setIn(['environments', 'msk', 'connect', 'brokers'], ['b-1.example.com:9098']);
  writeFileSync(file, document.toString());
  const refused = await project.run('plan');
  expect(refused.code).toBe(64);
  expect(refused.stdout).toContain('MSK tells of the topics of an MSK cluster only');
});

test('a plugin that lacks a class is not deployed, and nothing is changed before that is said', {
  timeout: 60_000,
}, async () => {
  const { 'com/amazonaws/kafka/config/providers/SecretsManagerConfigProvider': _provider, ...classes } = PLUGIN_CLASSES;
  const project = await withPlugin(classes);
  const { code, stdout } = await project.run('deploy', '--yes', '--preflight', ...UNCHECKED);
  expect(code, stdout).toBe(1);
  expect(JSON.parse(stdout).error).toMatchObject({
    code: 'REFUSED',
    details: {
      blocked: [{ kind: 'connector', summary: expect.stringMatching(/^its workers could not load the plugin: com\./) }],
    },
  });
  expect(writesOf(project)).toEqual([]);
});

test('a file that is no plugin is named as such, with the command that makes one', { timeout: 60_000 }, async () => {
  const project = await withPlugin({});
  writeFileSync(project.zip, 'zip');
  const { code, stdout } = await project.run('plan');
  expect(code).toBe(64);
  expect(JSON.parse(stdout).error).toMatchObject({
    message: expect.stringContaining('.connect/plugin-msk.zip is no plugin: '),
    hint: 'build it anew: `connect plugin build -e msk`',
  });
});

test('a secret that somebody wrote into a connector by hand is not imported', { timeout: 60_000 }, async () => {
  const project = await createMskProject();
  await project.deploy();
  liveOf(project).settings.connectorConfiguration['value.converter.basic.auth.user.info'] = 'perps:hunter2hunter2';
  const { code, stdout, stderr } = await project.run('import', 'positions-sink');
  expect(code).toBe(1);
  expect(stderr).toContain('has a secret in value.converter.basic.auth.user.info that is no reference');
  expect(`${stdout}${stderr}`).not.toContain('hunter2');
});
