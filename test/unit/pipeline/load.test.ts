import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { knownSecrets, migratorConnection, readerConnection, sinkConnection } from '../../../pipeline/connections.ts';
import { findProjectRoot, loadProject } from '../../../pipeline/load.ts';
import type { Environment } from '../../../pipeline/types.ts';
import { complaints, LOCAL, POSITIONS, projectFolder } from './project-folder.ts';

test('what a definition leaves out has its default, and settings become text', () => {
  const root = projectFolder({
    'connect.yaml': LOCAL,
    'connectors/positions.yaml': POSITIONS.replace(
      'partitions: 4',
      'partitions: 4\n  config: { retention.ms: 604800000, preallocate: false }',
    ),
  });
  const [stream] = loadProject(root, {}).streams;
  expect(stream).toMatchObject({
    file: 'connectors/positions.yaml',
    topic: { config: { 'retention.ms': '604800000', preallocate: 'false' } },
    sink: {
      name: 'positions-sink',
      tasksMax: 2,
      batchSize: 1000,
      maxPollRecords: 1000,
      maxPartitionFetchBytes: 1_048_576,
      onUndecodable: 'fail',
    },
  });
});

test('an embedded environment has every address derived from its ports, and the process environment wins', () => {
  const root = projectFolder({ 'connect.yaml': LOCAL });
  const { environments } = loadProject(root, { CONNECT_PORT_KAFKA: '20501', CONNECT_PORT_POSTGRES: '20502' });
  const secret = (owner: string) => `\${file:.connect/secrets.properties:${owner}.password}`;
  expect(environments.local).toEqual({
    name: 'local',
    stack: { kind: 'embedded', ports: { kafka: 20501, registry: 19381, postgres: 20502, connect: 19383, feed: 19350 } },
    kafka: { brokers: ['127.0.0.1:20501'], replicationFactor: 1 },
    registry: { url: 'http://127.0.0.1:19381/apis/ccompat/v7' },
    database: {
      host: '127.0.0.1',
      port: 20502,
      name: 'perps',
      user: 'perps_worker',
      password: secret('worker'),
      migrator: { user: 'perps', password: secret('database') },
      reader: { user: 'perps_viewer', password: secret('viewer') },
    },
    connect: { target: 'rest', url: 'http://127.0.0.1:19383' },
    worker: {
      converter: 'apicurio',
      registryUrl: 'http://127.0.0.1:19381',
      databaseUrl: 'jdbc:postgresql://127.0.0.1:20502/perps',
      databaseUser: 'perps_worker',
      databasePassword: '$' + '{env:PERPS_WORKER_PASSWORD}',
    },
    feed: { address: '127.0.0.1:19350', tls: false },
  });
});

test.each(['http', '0', '65536', '1.5', ' '])('port variable "%s" is refused by its name', (value) => {
  const root = projectFolder({ 'connect.yaml': LOCAL });
  expect(() => loadProject(root, { CONNECT_PORT_CONNECT: value })).toThrow(
    'CONNECT_PORT_CONNECT must be a port from 1 to 65535',
  );
});

test('two ports made equal by the process environment are refused by their variables', () => {
  const root = projectFolder({ 'connect.yaml': LOCAL });
  expect(() => loadProject(root, { CONNECT_PORT_CONNECT: '19392' })).toThrow(
    'ports kafka and connect of the local stack are both 19392',
  );
});

test('an environment elsewhere gives each address once; the worker sees the same unless told otherwise', () => {
  const root = projectFolder({
    'connect.yaml': `default: staging
environments:
  staging:
    kafka:
      brokers: [b1.example.com:9093]
      ssl: true
      sasl: { mechanism: scram-sha-512, username: app, password: "\${env:PERPS_KAFKA_PASSWORD}" }
    registry: { url: "http://registry.example.com:8080/apis/ccompat/v7" }
    database: { host: db.example.com, name: perps, user: app, password: "\${file:secrets.properties:pg}", tls: verify }
    connect: { target: rest, url: "http://connect.example.com:8083" }
    worker: { databasePassword: "\${secretsmanager:perps/db:password}" }
    feed: { address: feed.example.com:443, tls: true }
`,
  });
  expect(loadProject(root, {}).environments.staging).toMatchObject({
    kafka: { replicationFactor: 3 },
    database: { port: 5432 },
    worker: {
      registryUrl: 'http://registry.example.com:8080',
      databaseUrl:
        'jdbc:postgresql://db.example.com:5432/perps?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory',
      databaseUser: 'app',
    },
  });
});

test('a database of several servers gives the worker all of them, of which it writes to the primary', () => {
  const root = projectFolder({
    'connect.yaml': `default: staging
environments:
  staging:
    kafka: { brokers: [b1.example.com:9092] }
    registry: { url: "http://registry.example.com:8080" }
    database:
      host: "2001:db8::1"
      standbys: ["[2001:db8::2]:5433", "db-3.example.com:5432"]
      name: perps
      user: app
      password: "\${env:PGPASSWORD}"
      tls: require
    connect: { target: rest, url: "http://connect.example.com:8083" }
    worker: { databasePassword: "\${env:PGPASSWORD}" }
    feed: { address: feed.example.com:443 }
`,
  });
  const { staging } = loadProject(root, {}).environments;
  if (staging === undefined) throw new Error('no environment staging');
  expect(staging.worker.databaseUrl).toBe(
    'jdbc:postgresql://[2001:db8::1]:5432,[2001:db8::2]:5433,db-3.example.com:5432/perps?sslmode=require&targetServerType=primary',
  );
  expect(sinkConnection(staging, () => 'secret')).toEqual({
    host: '2001:db8::1',
    port: 5432,
    standbys: [
      { host: '2001:db8::2', port: 5433 },
      { host: 'db-3.example.com', port: 5432 },
    ],
    database: 'perps',
    user: 'app',
    password: 'secret',
    tls: { mode: 'require' },
    login: { key: 'database', group: 'perps_sink' },
  });
});

describe('the logins of a database', () => {
  const staging = (more: string) => {
    const root = projectFolder({
      'connect.yaml': `default: staging
environments:
  staging:
    kafka: { brokers: [b1.example.com:9092] }
    registry: { url: "http://registry.example.com:8080" }
    database: { host: db.example.com, name: perps, user: app, password: "\${env:PERPS_SINK}"${more} }
    connect: { target: rest, url: "http://connect.example.com:8083" }
    worker: { databasePassword: "\${env:PERPS_SINK}" }
    feed: { address: feed.example.com:443 }
`,
    });
    const { staging } = loadProject(root, {}).environments;
    if (staging === undefined) throw new Error('no environment staging');
    return staging;
  };
  const resolved = (reference: string) => reference.replace(/\W/g, '');
  const logins = (environment: Environment) =>
    [migratorConnection, sinkConnection, readerConnection].map((connect) => {
      const { user, password, login } = connect(environment, resolved);
      return [user, password, login?.key, login?.group];
    });

  test('are one for all purposes, unless there are more', () => {
    expect(logins(staging(''))).toEqual([
      ['app', 'envPERPS_SINK', 'database', 'perps_owner'],
      ['app', 'envPERPS_SINK', 'database', 'perps_sink'],
      ['app', 'envPERPS_SINK', 'database', 'perps_reader'],
    ]);
  });

  test('are three, members of roles that may have names of their own', () => {
    const environment = staging(
      `, migrator: { user: dba, password: "\${env:PERPS_DBA}" }, reader: { user: viewer, password: "\${env:PERPS_VIEWER}" }, roles: { reader: everybody }`,
    );
    expect(logins(environment)).toEqual([
      ['dba', 'envPERPS_DBA', 'database.migrator', 'perps_owner'],
      ['app', 'envPERPS_SINK', 'database', 'perps_sink'],
      ['viewer', 'envPERPS_VIEWER', 'database.reader', 'everybody'],
    ]);
    expect(environment.worker.databaseUser).toBe('app');
    expect(knownSecrets(environment, resolved)).toEqual(expect.arrayContaining(['envPERPS_DBA', 'envPERPS_VIEWER']));
  });

  test('who looks writes nothing, and not for ever', () => {
    expect(readerConnection(staging(''), resolved).readOnly).toEqual({ statementTimeoutMs: 60_000 });
    expect(migratorConnection(staging(''), resolved).readOnly).toBeUndefined();
  });

  test('a login without its password, and a name that is none, are told with their line', () => {
    expect(() => staging(', roles: { sink: "a b" }, reader: { user: viewer }')).toThrow('2 problems');
  });
});

test("Confluent's converter asks the Confluent API, Apicurio's the registry's own", () => {
  const staging = (converter: string) =>
    loadProject(
      projectFolder({
        'connect.yaml': `default: staging
environments:
  staging:
    kafka: { brokers: [b1.example.com:9092] }
    registry: { url: "http://registry.example.com:8080/apis/ccompat/v7/" }
    database: { host: db.example.com, name: perps, user: app, password: "\${env:PGPASSWORD}" }
    connect: { target: rest, url: "http://connect.example.com:8083" }
    worker: { databasePassword: "\${env:PGPASSWORD}", converter: ${converter} }
    feed: { address: feed.example.com:443 }
`,
      }),
      {},
    ).environments.staging?.worker.registryUrl;
  expect(staging('confluent')).toBe('http://registry.example.com:8080/apis/ccompat/v7');
  expect(staging('apicurio')).toBe('http://registry.example.com:8080');
});

test('every problem of every file is told at once, in order, with its line', () => {
  const problems = complaints({
    'connect.yaml': `default: lokal
environments:
  local:
    stack:
      kind: embeded
      ports:
        kafka: "19392"
        regsitry: 19381
        postgres: 70000
  staging:
    kafka: { brokers: [] }
    registry: { url: registry.example.com }
`,
    'connectors/a.yaml': `name: Positions
feed: { proto: feed.proto }
schema: record.avsc
topic:
  name: positions
  partitions: four
  key: position_account
  retention: 1
table: { name: positions, key: [] }
sink: { name: positions-sink, batchsize: 500, tasks_max: 2 }
`,
    'connectors/b.yaml': 'name: b\nname: c\n',
  });
  expect(problems).toMatchSnapshot();
});

test('what no schema can say is told with its line too', () => {
  const problems = complaints({
    'connect.yaml': `default: lokal
environments:
  local: { stack: { kind: embedded, ports: { kafka: 19381 } } }
`,
    'connectors/a.yaml': `name: positions
feed: { proto: schemas/nowhere.proto, service: perps.v1.PositionFeed }
schema: feed.proto
topic:
  name: positions
  partitions: 2
  key: position_account
  config:
    cleanup.policy: compact
    sasl.jaas.config: \${env:JAAS}
table:
  name: public.positions
  key: [signature]
  current: { view: public.positions, identity: position_account, order: slot }
sink:
  name: positions-sink
  tasksMax: 4
  batchSize: 6000
  config: { tasks.max: 9, fetch.min.bytes: 1 }
`,
    'connectors/b.yaml': POSITIONS.replace('name: positions\n  partitions', 'name: positions.rejected\n  partitions'),
  });
  expect(problems).toMatchSnapshot();
});

test('a setting of the wrong kind, or too large to be exact, is one problem each', () => {
  const problems = complaints({
    'connect.yaml': LOCAL,
    'connectors/a.yaml': POSITIONS.replace(
      'partitions: 4',
      'partitions: 4\n  config: { retention.ms: [1], segment.ms: 9007199254740993, preallocate: null }',
    ),
  });
  expect(problems).toEqual([
    'connectors/a.yaml:7:27  topic.config.retention.ms must be text or a whole number or true or false, not a list',
    'connectors/a.yaml:7:44  topic.config.segment.ms must be at most 9007199254740991, not 9007199254740992',
    'connectors/a.yaml:7:75  topic.config.preallocate must be text or a whole number or true or false, not nothing',
  ]);
});

test('anchors and aliases are followed, and a problem behind an alias is placed at its anchor', () => {
  const problems = complaints({
    'connect.yaml': `default: a
environments:
  a: &base { stack: { kind: embedded } }
  b: *base
`,
    'connectors/a.yaml': POSITIONS.replace('key: position_account', 'key: &key position_account').replace(
      '[position_account, signature]',
      '[*key, signature, Signature]',
    ),
  });
  expect(problems).toEqual([
    'connectors/a.yaml:10:26  table.key[2] is not in the right form; allowed: a column name in lower case, e.g. position_account',
  ]);
});

test.each([
  ['a tab for indentation', 'default: local\nenvironments:\n\tlocal: {}\n', 3],
  ['an unclosed bracket', 'default: [local\n', 2],
  ['a tag', 'default: !secret local\nenvironments: {}\n', 1],
  ['a second document', `${LOCAL}---\na: 1\n`, 5],
  ['an unknown alias', 'default: *nobody\n', 1],
])('%s is a problem with its line', (_what, text, line) => {
  const [first] = complaints({ 'connect.yaml': text });
  expect(first).toMatch(new RegExp(`^connect\\.yaml:${line}:\\d+  `));
});

test('an empty file and a list are no definitions', () => {
  expect(complaints({ 'connect.yaml': '', 'connectors/a.yaml': '- name: a\n' })).toEqual([
    'connect.yaml:1:1  the file must be a map of keys, not nothing',
    'connectors/a.yaml:1:1  the file must be a map of keys, not a list',
  ]);
});

test('the project is found from any folder inside it', () => {
  const root = projectFolder({ 'connect.yaml': LOCAL, 'a/b/c.txt': '' });
  expect(findProjectRoot(join(root, 'a', 'b'), {})).toBe(root);
  expect(() => findProjectRoot('/', {})).toThrow('no connect.yaml in / or any folder above it');
});

test('this repository is a valid project', () => {
  const project = loadProject(packageRoot(), {});
  expect(project.defaultEnvironment).toBe('local');
  expect(project.streams.map((stream) => stream.name)).toContain('positions');
});
