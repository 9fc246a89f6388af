import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { leafCommands } from '../../support/command-tree.ts';
import { type EchoingServices, formsOf, startEchoingServices } from '../../support/echoing-services.ts';
import { runInProcess } from '../../support/in-process-cli.ts';
import { copyProject } from '../../support/project.ts';
import { randomSecret, randomWord } from '../../support/random-secret.ts';
import { scratchFolderOfFile } from '../../support/scratch.ts';
import { seededRandom } from '../../support/seeded-random.ts';

/** The same secrets on every run; SECRETS_SEED=… tries others. */
const seed = Number(process.env.SECRETS_SEED ?? 6);
const random = seededRandom(seed);

/** Every place a secret can be: references by environment and by file, and what the process environment itself holds. */
const secrets = {
  kafka: randomSecret(random),
  registry: randomSecret(random),
  connect: randomSecret(random),
  database: randomSecret(random),
  worker: randomSecret(random),
  feed: randomSecret(random),
  jaas: `org.x.Login required username="a" password="${randomSecret(random)}";`,
  keyFile: ['-----BEGIN PRIVATE KEY-----', randomSecret(random), randomSecret(random)].join('\n'),
  short: randomWord(random),
  aws: randomSecret(random),
  proxy: encodeURIComponent(randomSecret(random)),
  superuser: `s${random.bigint(30)}`,
};
const values = Object.entries(secrets).flatMap(([name, value]) =>
  name === 'keyFile' ? value.split('\n').slice(1) : [value],
);

const FILE = { database: 'database.password', registry: 'registry.password', superuser: 'superuser.password' } as const;
const env = {
  DEBUG: 'connect',
  PERPS_KAFKA_PASSWORD: secrets.kafka,
  PERPS_CONNECT_PASSWORD: secrets.connect,
  WORKER_PASSWORD: secrets.worker,
  PERPS_FEED_TOKEN: secrets.feed,
  JAAS: secrets.jaas,
  KEY: secrets.keyFile,
  SHORT: secrets.short,
  AWS_SECRET_ACCESS_KEY: secrets.aws,
  HTTPS_PROXY: `http://perps:${secrets.proxy}@127.0.0.1:1`,
};

const environmentFile = (services: EchoingServices): string => `default: echo
environments:
  echo:
    kafka:
      brokers: ['127.0.0.1:${services.kafkaPort}']
      replicationFactor: 1
      sasl: { mechanism: plain, username: perps, password: '\${env:PERPS_KAFKA_PASSWORD}' }
    registry: { url: 'http://127.0.0.1:${services.httpPort}/apis/ccompat/v7', username: perps, password: '\${file:.connect/secrets.properties:${FILE.registry}}' }
    database: { host: 127.0.0.1, port: ${services.postgresPort}, name: perps, user: perps, password: '\${file:.connect/secrets.properties:${FILE.database}}' }
    connect: { target: rest, url: 'http://127.0.0.1:${services.httpPort}', username: perps, password: '\${env:PERPS_CONNECT_PASSWORD}' }
    worker: { databasePassword: '\${env:WORKER_PASSWORD}' }
    feed: { address: '127.0.0.1:1', token: '\${env:PERPS_FEED_TOKEN}' }
`;

const SINK_SETTINGS = {
  'consumer.override.sasl.jaas.config': `\${env:JAAS}`,
  'consumer.override.ssl.keystore.key': `\${env:KEY}`,
  'producer.override.ssl.key.password': `\${env:SHORT}`,
};

/** Words a command cannot do without; the others are run as they stand in the tree of commands. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  logs: ['connect'],
  'offsets reset': ['--to', 'earliest', '--yes'],
  deploy: ['--yes', '--timeout', '2s'],
  delete: ['--yes'],
  init: ['new-project'],
};

/** These serve or build for long, and ask no part of an environment. */
const LEFT_OUT = ['simulate', 'plugin build'];
const commands = leafCommands()
  .map(({ path }) => path.join(' '))
  .filter((name) => !LEFT_OUT.includes(name));

/** What of a text is a secret, in whichever form. */
const leaksIn = (text: string): string[] =>
  values.flatMap((value) => formsOf(value).filter((form) => text.includes(form)));

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !path.includes('.connect'));
}

describe(`secrets (SECRETS_SEED=${seed})`, () => {
  let services: EchoingServices;
  const root = scratchFolderOfFile();

  beforeAll(async () => {
    services = await startEchoingServices(values);
    copyProject(root);
    writeFileSync(join(root, 'connect.yaml'), environmentFile(services));
    mkdirSync(join(root, '.connect', 'logs'), { recursive: true });
    const lines = Object.entries(FILE).map(([name, key]) => `${key}=${secrets[name as keyof typeof FILE]}\n`);
    writeFileSync(join(root, '.connect', 'secrets.properties'), lines.join(''));
    const echoed = values.flatMap(formsOf).map((form) => `ERROR ${form} at boot`);
    writeFileSync(join(root, '.connect', 'logs', 'connect.log'), `${echoed.join('\n')}\n`);
    const file = join(root, 'connectors', 'positions.yaml');
    const document = parseDocument(readFileSync(file, 'utf8'));
    document.setIn(['sink', 'config'], SINK_SETTINGS);
    writeFileSync(file, document.toString());
  });
  afterAll(() => services.close());

  it.each(commands)(
    '%s prints none, as text or as JSON, with stack traces',
    async (name) => {
      const words = [...name.split(' '), ...(ARGUMENTS[name] ?? [])];
      // The contract check takes seconds and reads no secret: once is enough.
      for (const output of name === 'check' ? [['-o', 'json']] : [[], ['-o', 'json']]) {
        const { stdout, stderr } = await runInProcess([...words, ...output], {
          cwd: root,
          env,
          // It looks until it is stopped.
          signal: AbortSignal.timeout(name === 'watch' ? 4_000 : 10_000),
        });
        expect(stdout + stderr).not.toBe('');
        expect(leaksIn(stdout)).toEqual([]);
        expect(leaksIn(stderr)).toEqual([]);
      }
    },
    60_000,
  );

  it('the log of a part is shown, and the secrets in it are not', async () => {
    const { stdout } = await runInProcess(['logs', 'connect'], { cwd: root, env });
    expect(stdout.match(/^ERROR .*\(secret\).* at boot$/gm)?.length).toBeGreaterThan(values.length);
  });

  it('references are shown as they are', async () => {
    const { stdout } = await runInProcess(['render', '--only', 'positions', '-o', 'json'], { cwd: root, env });
    expect(JSON.parse(stdout).connectors[0].config).toMatchObject({
      ...SINK_SETTINGS,
      'connection.password': `\${env:WORKER_PASSWORD}`,
    });
  });

  it('no file outside of .connect has got one', () => {
    for (const path of filesOf(root)) expect([path, leaksIn(readFileSync(path, 'utf8'))]).toEqual([path, []]);
  });

  it.each([
    (secret: string) => `password: ${JSON.stringify(secret)}\n`,
    (secret: string) => `x: [ "${secret}\n`,
    (secret: string) => `url: ${JSON.stringify(`http://perps:${secret}@host`)}\n`,
  ])('a file that is refused is not quoted (%#)', async (line) => {
    const file = join(root, 'connect.yaml');
    // Nothing resolves to these, so only the messages' own restraint hides them.
    const unknown = Array.from({ length: 20 }, () => randomSecret(random));
    for (const secret of unknown) {
      writeFileSync(file, environmentFile(services) + line(secret));
      const { code, stdout, stderr } = await runInProcess(['check', '-o', 'json'], { cwd: root, env });
      expect(code).not.toBe(0);
      expect(formsOf(secret).filter((form) => (stdout + stderr).includes(form))).toEqual([]);
    }
  });
});
