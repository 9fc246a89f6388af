import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { type PostgresConnection, withPostgres } from '../../../core/postgres.ts';
import { type CliOptions, startCli, succeed } from '../../support/cli.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import { createPrivatePostgres, type PrivatePostgres } from '../../support/private-postgres.ts';
import { copyProject } from '../../support/project.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { type SecureBroker, startSecureBroker } from '../../support/secure-broker.ts';
import { startTlsProxy, type TlsProxy } from '../../support/tls-proxy.ts';
import { startWorkers } from '../../support/worker-cluster.ts';

const UPDATES = 10_000;

/** Passwords by whom they are for, as the commands and the worker get them. */
const PASSWORDS = {
  PERPS_KAFKA_PASSWORD: 'correct horse',
  PERPS_REGISTRY_PASSWORD: 'registry battery',
  PERPS_REGISTRY_TOKEN: 'registry-token-staple',
  PERPS_CONNECT_PASSWORD: 'connect battery',
  PERPS_DATABASE_PASSWORD: 'owner battery',
  PERPS_WORKER_PASSWORD: 'worker battery',
  PERPS_VIEWER_PASSWORD: 'viewer battery',
};

/** Each kind of client of the worker's, in TLS and with a login. */
function workerSettings({ scram, files, user }: SecureBroker): Record<string, string> {
  const security = {
    'bootstrap.servers': scram,
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': `org.apache.kafka.common.security.scram.ScramLoginModule required username="${user.username}" password="${user.password}";`,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': files.ca,
  };
  const prefixes = ['', 'consumer.', 'producer.', 'admin.'];
  return Object.fromEntries(
    prefixes.flatMap((prefix) => Object.entries(security).map(([name, value]) => [`${prefix}${name}`, value])),
  );
}

interface Secured {
  readonly options: CliOptions;
  readonly postgres: PrivatePostgres;
  /** In front of the registry and of Kafka Connect, each with a login of its own; the first is the converter's. */
  readonly proxies: readonly TlsProxy[];
  /** PostgreSQL by the worker's login. */
  readonly asWorker: PostgresConnection;
}

/** Every part, each behind TLS and a login, and a project that knows them. They end with the test. */
async function startSecured(): Promise<Secured> {
  const proxies: TlsProxy[] = [];
  const broker = await startSecureBroker();
  const { authority, files } = broker;
  const server = await authority.issue('localhost');
  const postgres = await createPrivatePostgres({
    tls: { ...server, ca: authority.ca },
    rules: ['hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca'],
  });
  onTestFinished(async () => {
    await postgres.stop('fast');
    await postgres.remove();
  });
  for (const statement of [
    `ALTER ROLE perps PASSWORD '${PASSWORDS.PERPS_DATABASE_PASSWORD}'`,
    `ALTER ROLE perps_worker PASSWORD '${PASSWORDS.PERPS_WORKER_PASSWORD}'`,
    `ALTER ROLE perps_viewer PASSWORD '${PASSWORDS.PERPS_VIEWER_PASSWORD}'`,
    'CREATE ROLE secured_owner; CREATE ROLE secured_sink; CREATE ROLE secured_reader',
    'GRANT secured_sink TO perps_worker; GRANT secured_reader TO perps_viewer',
    'CREATE DATABASE secured OWNER perps',
  ])
    await postgres.query(statement);
  const worker = await startWorkers('secured', 1, { settings: workerSettings(broker), env: PASSWORDS });
  onTestFinished(worker.remove);
  const { registry: port } = inject('stackPorts');
  const proxy = async (target: string, login: Parameters<typeof startTlsProxy>[2]) => {
    const started = await startTlsProxy(target, server, login);
    onTestFinished(started.close);
    proxies.push(started);
    return started.url;
  };
  const registry = `http://127.0.0.1:${port}`;
  const basicRegistry = await proxy(registry, {
    type: 'basic',
    username: 'perps',
    password: PASSWORDS.PERPS_REGISTRY_PASSWORD,
  });
  const tokenRegistry = await proxy(registry, { type: 'bearer', token: PASSWORDS.PERPS_REGISTRY_TOKEN });
  const [rest = ''] = worker.urls;
  const mutualConnect = await proxy(rest, { type: 'mtls', ca: authority.ca });
  const basicConnect = await proxy(rest, {
    type: 'basic',
    username: 'perps',
    password: PASSWORDS.PERPS_CONNECT_PASSWORD,
  });
  const root = scratchFolder();
  copyProject(root);
  const [feedPort = 0] = await freePorts(1);
  const own = `ca: ${files.ca}, certificate: ${files.certificate}, key: ${files.key}`;
  const parts = `
    kafka:
      brokers: ['${broker.scram}']
      replicationFactor: 1
      ssl: { ca: ${files.ca} }
      sasl: { mechanism: scram-sha-512, username: perps, password: '\${env:PERPS_KAFKA_PASSWORD}' }
    database:
      host: localhost
      port: ${postgres.port}
      name: secured
      user: perps_worker
      password: \${env:PERPS_WORKER_PASSWORD}
      migrator: { user: perps, password: '\${env:PERPS_DATABASE_PASSWORD}' }
      reader: { user: perps_viewer, password: '\${env:PERPS_VIEWER_PASSWORD}' }
      tls: { ${own} }
    worker:
      registryUrl: ${basicRegistry}
      registryAuth: { type: basic, username: perps, password: '\${env:PERPS_REGISTRY_PASSWORD}' }
      registryTls: { ca: ${files.ca} }
      databaseTls: { ca: ${files.ca}, certificate: ${files.certificate}, key: ${files.keyDer} }
      databasePassword: \${env:PERPS_WORKER_PASSWORD}
    feed: { address: '127.0.0.1:${feedPort}' }`;
  writeFileSync(
    join(root, 'connect.yaml'),
    `default: passwords
environments:
  passwords:${parts}
    registry:
      url: ${basicRegistry}/apis/ccompat/v7
      tls: { ca: ${files.ca} }
      auth: { type: basic, username: perps, password: '\${env:PERPS_REGISTRY_PASSWORD}' }
    connect: { target: rest, url: '${mutualConnect}', tls: { ${own} }, auth: { type: mtls } }
  tokens:${parts}
    registry:
      url: ${tokenRegistry}/apis/ccompat/v7
      tls: { ca: ${files.ca} }
      auth: { type: bearer, token: '\${env:PERPS_REGISTRY_TOKEN}' }
    connect:
      target: rest
      url: ${basicConnect}
      tls: { ca: ${files.ca} }
      auth: { type: basic, username: perps, password: '\${env:PERPS_CONNECT_PASSWORD}' }
`,
  );
  const asWorker: PostgresConnection = {
    host: 'localhost',
    port: postgres.port,
    database: 'secured',
    user: 'perps_worker',
    password: PASSWORDS.PERPS_WORKER_PASSWORD,
    tls: { mode: 'verify', ca: files.ca, certificate: files.certificate, key: files.key },
  };
  return { options: { cwd: root, env: { ...process.env, ...PASSWORDS } }, postgres, proxies, asWorker };
}

/** Migrates, deploys, publishes what a simulated feed sends, and compares every row. */
async function run({ options, postgres, proxies }: Secured): Promise<void> {
  await succeed(['migrate', 'up'], options);
  await succeed(['schemas', 'register', '--only', 'positions'], options);
  await succeed(['deploy', '--yes', '--only', 'positions'], options);
  const oracle = join(options.cwd, 'oracle');
  const feed = startCli(['simulate', '--only', 'positions', '--updates', String(UPDATES), '--oracle', oracle], options);
  onTestFinished(() => void feed.child.kill('SIGTERM'));
  await eventually(() => expect(feed.output.stdout).toContain('PositionFeed'), { timeoutMs: 60_000 });
  await succeed(['produce', '--only', 'positions', '--end-with-feed'], options);
  const verify = ['verify', '--only', 'positions', '--wait', '120s', '--oracle', oracle, '-o', 'json'];
  const { stdout } = await succeed(verify, options);
  expect(JSON.parse(stdout).streams).toMatchObject([{ differences: 0 }]);
  expect(await postgres.query('SELECT count(*)::int AS rows FROM positions', 'secured')).toEqual([{ rows: UPDATES }]);
  expect(proxies[0]?.requests).toContainEqual(expect.stringMatching(/^GET \/apis\/registry\/v2\/ids\//));
}

/** The same by a token for the registry and a password for Kafka Connect. */
async function look({ options, proxies }: Secured): Promise<void> {
  for (const command of [['status', '--check'], ['plan', '--check'], ['verify']])
    await succeed([...command, '-e', 'tokens', '--only', 'positions'], options);
  expect(proxies.every(({ requests }) => requests.length > 0)).toBe(true);
}

/** The worker's login inserts and upserts. */
async function expectNoMore({ asWorker }: Secured): Promise<void> {
  for (const statement of [
    'DELETE FROM positions',
    'TRUNCATE positions',
    'UPDATE position_days SET size = 0',
    'ALTER TABLE positions DISABLE TRIGGER ALL',
  ]) {
    const doing = withPostgres(asWorker, (client) => client.query(statement));
    await expect(doing, statement).rejects.toThrow(/permission denied|must be owner/);
  }
}

it(`${UPDATES} updates arrive exactly where each part asks for a login over TLS, and each login may do its own task`, async () => {
  const secured = await startSecured();
  await run(secured);
  await look(secured);
  await expectNoMore(secured);
}, 300_000);
