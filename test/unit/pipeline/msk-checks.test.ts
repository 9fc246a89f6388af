import { expect, test } from 'vitest';
import { renderSink } from '../../../connectors/render/render-sink.ts';
import { loadProject } from '../../../pipeline/load.ts';
import { workerPropertyOf } from '../../../pipeline/msk-worker-properties.ts';
import { onMsk } from '../../support/msk/environment.ts';
import { positions } from '../../support/positions-stream.ts';
import { complaints, POSITIONS, projectFolder } from './project-folder.ts';

const REFERENCE = '$' + '{secretsmanager:perps/db:password}';
const CONNECT = `
      target: msk
      region: eu-central-1
      cluster: arn:aws:kafka:eu-central-1:123456789012:cluster/perps/0a1b2c3d-4e5f-6a7b-8c9d-0e1f2a3b4c5d-2
      role: arn:aws:iam::123456789012:role/perps-connect
      subnets: [subnet-0a1b2c3d4e5f6a7b8]
      securityGroups: [sg-0a1b2c3d4e5f6a7b8]
      capacity: { provisioned: { workerCount: 1 } }
      plugin: { bucket: perps-plugins, prefix: connect/ }
      workerConfiguration:
        config.providers: secretsmanager
        config.providers.secretsmanager.class: com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider`;

const environment = (connect: string): string => `default: staging
environments:
  staging:
    kafka: { brokers: ['b-1.example.com:9098'], ssl: true }
    registry: { url: "http://registry.example.com:8080/apis/ccompat/v7" }
    database: { host: db.example.com, name: perps, user: app, password: "\${env:PGPASSWORD}" }
    worker: { databasePassword: "${REFERENCE}" }
    feed: { address: feed.example.com:443 }
    connect:${connect}
`;

/** What is wrong with a target that differs in these words; without place, except the line. */
const problems = (...edits: readonly [string, string][]): string[] =>
  complaints({
    'connect.yaml': environment(edits.reduce((text, [from, to]) => text.replace(from, to), CONNECT)),
  }).map((line) => line.replace(/^connect\.yaml:(\d+):\d+ {2}(environments\.staging\.)?/, '$1 '));

test('what an MSK Connect target leaves out has its default', () => {
  const root = projectFolder({ 'connect.yaml': environment(CONNECT) });
  expect(loadProject(root, {}).environments.staging?.connect).toMatchObject({
    target: 'msk',
    version: '3.7.x',
    authentication: 'iam',
    encryption: 'tls',
    networkType: 'ipv4',
    capacity: { provisioned: { mcuCount: 1, workerCount: 1 } },
    logs: {},
    tags: {},
    endpoints: {},
  });
});

test('autoscaled workers have their scaling policies', () => {
  const text = CONNECT.replace('provisioned: { workerCount: 1 }', 'autoscaled: { minWorkers: 1, maxWorkers: 4 }');
  const root = projectFolder({ 'connect.yaml': environment(text) });
  expect(loadProject(root, {}).environments.staging?.connect).toMatchObject({
    capacity: { autoscaled: { mcuCount: 1, minWorkers: 1, maxWorkers: 4, scaleInCpu: 20, scaleOutCpu: 80 } },
  });
});

const PROVISIONED = 'provisioned: { workerCount: 1 }';
const autoscaled = (values: string): [string, string] => [PROVISIONED, `autoscaled: { ${values} }`];

test.each<[string, [string, string][], string[]]>([
  [
    'a worker size that is none',
    [[PROVISIONED, 'provisioned: { mcuCount: 3, workerCount: 1 }']],
    ['16 connect.capacity.provisioned.mcuCount must be one of 1, 2, 4, 8'],
  ],
  [
    'more workers than MSK Connect runs',
    [[PROVISIONED, 'provisioned: { workerCount: 11 }']],
    ['16 connect.capacity.provisioned.workerCount must be at most 10, not 11'],
  ],
  ['no capacity at all', [[PROVISIONED, '']], ['16 capacity is "provisioned" or "autoscaled"']],
  [
    'both capacities',
    [[PROVISIONED, `${PROVISIONED}, autoscaled: { minWorkers: 1, maxWorkers: 2 }`]],
    ['16 capacity is "provisioned" or "autoscaled"'],
  ],
  [
    'less than no workers',
    [autoscaled('minWorkers: 3, maxWorkers: 2')],
    ['16 minWorkers must be at most maxWorkers (2)'],
  ],
  [
    'fewer tasks than workers',
    [autoscaled('minWorkers: 1, maxWorkers: 4, maxTasks: 3')],
    ['16 maxTasks must be at least maxWorkers (4), not 3'],
  ],
  [
    'scaling in above scaling out',
    [autoscaled('minWorkers: 1, maxWorkers: 4, scaleInCpu: 80, scaleOutCpu: 80')],
    ['16 scaleInCpu must be less than scaleOutCpu (80), or workers come and go in turn'],
  ],
  [
    'a Connect version whose Java is too old',
    [['region:', 'version: 2.7.1\n      region:']],
    ['11 workers of 2.7.1 run on Java 11, and the sink needs 17; use 3.7.x'],
  ],
  [
    'a version that MSK Connect does not have',
    [['region:', 'version: 3.7.2\n      region:']],
    ['11 connect.version must be one of 3.7.x, 2.7.1; did you mean "3.7.x"?'],
  ],
  [
    'neither cluster nor brokers',
    [[/cluster: .*/.exec(CONNECT)?.[0] ?? '', '']],
    ['9 name the Kafka cluster by "cluster" (its ARN) or by "brokers", not both'],
  ],
  [
    'a cluster of another region',
    [['region: eu-central-1', 'region: us-east-1']],
    ['12 cluster is in eu-central-1, but connectors are created in us-east-1'],
  ],
  [
    'a login by IAM in plain text',
    [['role:', 'encryption: plaintext\n      role:']],
    ['13 a login by IAM needs TLS: encryption must be tls, or authentication none'],
  ],
  [
    "AWS's own role",
    [['role/perps-connect', 'role/aws-service-role/kafkaconnect.amazonaws.com/AWSServiceRoleForKafkaConnect']],
    [
      '13 connect.role is not in the right form; allowed: the ARN of a role of your own (MSK Connect refuses its service-linked role), e.g. arn:aws:iam::123456789012:role/perps-connect',
    ],
  ],
  [
    'a plugin from nowhere',
    [['bucket: perps-plugins, prefix: connect/', '']],
    ['17 plugin has a "bucket" to upload to, or "arn" and "revision"'],
  ],
  [
    'a plugin without its revision',
    [
      [
        'bucket: perps-plugins, prefix: connect/',
        'arn: "arn:aws:kafkaconnect:eu-central-1:123456789012:custom-plugin/perps/0a1b"',
      ],
    ],
    ['17 connect.plugin has "arn" but lacks "revision"'],
  ],
  [
    'worker properties that MSK Connect sets itself',
    [['workerConfiguration:', 'workerConfiguration:\n        group.id: mine\n        rest.port: 8083']],
    ['19 MSK Connect sets "group.id" itself and refuses it', '20 MSK Connect sets "rest.*" itself and refuses it'],
  ],
  [
    'a consumer setting that MSK Connect does not take',
    [['workerConfiguration:', 'workerConfiguration:\n        consumer.isolation.level: read_committed']],
    [
      expect.stringContaining(
        '19 MSK Connect takes no "consumer.isolation.level"; of consumer settings it takes',
      ) as unknown as string,
    ],
  ],
  [
    'a config provider without a class',
    [['config.providers: secretsmanager', 'config.providers: secretsmanager, ssm']],
    ['19 provider "ssm" has no class; set config.providers.ssm.class as well'],
  ],
  [
    'tags of AWS itself',
    [['plugin:', 'tags: { "aws:team": perps }\n      plugin:']],
    ['17 the name "aws:team" is not allowed here; allowed: 1 to 128 characters, not beginning with aws:'],
  ],
  [
    'a key of the other target',
    [['region:', 'url: http://connect:8083\n      region:']],
    [expect.stringContaining('11 unknown key "url"; allowed: target, region, version') as unknown as string],
  ],
])('%s is refused with its line', (_what, edits, expected) => {
  expect(problems(...edits)).toEqual(expected);
});

test('a secret that no provider of the workers resolves is refused with its line', () => {
  expect(
    complaints({ 'connect.yaml': environment(CONNECT).replace('secretsmanager:perps/db', 'vault:perps/db') }),
  ).toEqual([
    expect.stringMatching(
      /^connect\.yaml:7:\d+ {2}no config provider "vault" on the workers of MSK Connect; name it in connect\.workerConfiguration/,
    ),
  ]);
});

test("a provider of AWS's need not be declared, and what is declared stays", () => {
  const configured = (connect: string, reference = REFERENCE) => {
    const root = projectFolder({ 'connect.yaml': environment(connect).replace(REFERENCE, reference) });
    const { connect: target } = loadProject(root, {}).environments.staging ?? {};
    return target?.target === 'msk' ? target.workerConfiguration : undefined;
  };
  const [bare = ''] = CONNECT.split('\n      workerConfiguration:');
  const classes = 'com.amazonaws.kafka.config.providers';
  expect(configured(bare)).toEqual({
    'config.providers': 'secretsmanager',
    'config.providers.secretsmanager.class': `${classes}.SecretsManagerConfigProvider`,
    'config.providers.secretsmanager.param.region': 'eu-central-1',
  });
  expect(configured(CONNECT)).toEqual({
    'config.providers': 'secretsmanager',
    'config.providers.secretsmanager.class': `${classes}.SecretsManagerConfigProvider`,
  });
  expect(configured(CONNECT, '$' + '{ssm::/perps/db}')).toMatchObject({
    'config.providers': 'secretsmanager,ssm',
    'config.providers.ssm.class': `${classes}.SsmParamStoreConfigProvider`,
  });
});

test('a definition whose client settings MSK Connect does not take is refused where it says so', () => {
  const told = complaints({
    'connect.yaml': environment(CONNECT),
    'connectors/positions.yaml': `${POSITIONS}  config:
    consumer.override.fetch.min.bytes: 1
    consumer.override.isolation.level: read_committed
    admin.override.retries: 3
`,
  });
  expect(told).toEqual([
    expect.stringMatching(
      /^connectors\/positions\.yaml:15:5 {2}MSK Connect takes no "consumer\.isolation\.level".*\(environment staging\)$/,
    ),
    'connectors/positions.yaml:16:5  MSK Connect sets "admin.*" itself and refuses it (environment staging)',
  ]);
});

test('a client setting that the environment sets for every sink is refused in a definition', () => {
  const told = complaints({
    'connect.yaml': environment(CONNECT).replace(
      'workerConfiguration:',
      'workerConfiguration:\n        consumer.fetch.min.bytes: 65536',
    ),
    'connectors/positions.yaml': `${POSITIONS}  config:
    consumer.override.fetch.min.bytes: 1
`,
  });
  expect(told).toEqual([
    'connectors/positions.yaml:14:5  connect.workerConfiguration sets "consumer.fetch.min.bytes" for every sink as well; set it in one place (environment staging)',
  ]);
});

test('what every sink sets for its consumer cannot be set otherwise for the environment', () => {
  const environmentOnMsk = onMsk();
  const ofSinks = Object.keys(renderSink(positions, environmentOnMsk, [{ name: 'position_account' }]))
    .map(workerPropertyOf)
    .filter((property) => property !== undefined);
  expect(ofSinks).toContain('consumer.auto.offset.reset');
  for (const property of ofSinks) {
    expect(problems(['workerConfiguration:', `workerConfiguration:\n        ${property}: 1`])).toEqual([
      expect.stringMatching(new RegExp(`^19 "${property.replaceAll('.', '\\.')}" is not set here; `)),
    ]);
  }
});

test('a connector whose name leaves no room for those of its plugin and worker configuration is refused', () => {
  const name = 'a'.repeat(116);
  expect(
    complaints({
      'connect.yaml': environment(CONNECT),
      'connectors/positions.yaml': POSITIONS.replace('positions-sink', name),
    }),
  ).toEqual(['connectors/positions.yaml:12:9  sink.name must have at most 115 characters for the environment staging']);
});

test("the workers have a provider behind each reference of the converter's login", () => {
  const login = `worker: { registryAuth: { type: bearer, token: '\${ssm::/perps/registry}' }, `;
  const text = environment(CONNECT.replace(/\n\s+workerConfiguration:[\s\S]*$/, '')).replace('worker: { ', login);
  const secure = text.replace('http://registry', 'https://registry');
  const root = projectFolder({ 'connect.yaml': secure });
  expect(loadProject(root, {}).environments.staging?.connect).toMatchObject({
    workerConfiguration: {
      'config.providers': 'secretsmanager,ssm',
      'config.providers.ssm.class': 'com.amazonaws.kafka.config.providers.SsmParamStoreConfigProvider',
    },
  });
  expect(complaints({ 'connect.yaml': secure.replace('{ssm:', '{vault:') }).join()).toContain(
    'no config provider "vault" on the workers of MSK Connect',
  );
  const withFile = (path: string) => secure.replace('registryAuth', `registryTls: { ca: '${path}' }, registryAuth`);
  expect(complaints({ 'connect.yaml': withFile('/etc/ca.pem') }).join()).toContain('name one in S3 by a reference');
  expect(complaints({ 'connect.yaml': withFile('$' + '{s3import:eu-central-1:certs/ca.pem}') })).toEqual([]);
});
