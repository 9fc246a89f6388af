import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { parseDocument } from 'yaml';
import { freePorts } from './free-ports.mjs';

/**
 * Starts Kafka, registry, Connect and PostgreSQL for an environment of an example, makes the logins by the example's SQL, puts the addresses into its connect.yaml, and
 * from then on has its commands know the passwords. Logins and references of connect.yaml stay as they are; those of Kafka, registry and Connect go, because the local
 * parts have none.
 */
export async function startEnvironment(copy, name) {
  const ports = await freePorts();
  const folder = join(copy.folder, '..', `${name}-parts`);
  mkdirSync(folder);
  for (const part of ['connect.yaml', 'connectors', 'schemas', 'migrations'])
    cpSync(join(copy.folder, part), join(folder, part), { recursive: true });
  const bin = join(copy.folder, 'node_modules/perps-connect/bin/connect.mjs');
  const connect = (verb) =>
    spawnSync(process.execPath, [bin, verb], {
      cwd: folder,
      env: { ...process.env, ...ports },
      stdio: 'inherit',
    });
  const stop = () => void connect('down');
  copy.environments.set(name, { use: () => {}, passwords: [], stop });
  if (connect('up').status !== 0) throw new Error(`the parts of ${name} do not start`);
  const secrets = Object.fromEntries(
    [...readFileSync(join(folder, '.connect/secrets.properties'), 'utf8').matchAll(/^(\w+)\.password=(.*)$/gm)].map(
      ([, owner, password]) => [owner, password],
    ),
  );
  const user = nameAddresses(join(copy.folder, 'connect.yaml'), name, ports);
  const passwords = {
    PERPS_DATABASE_PASSWORD: randomUUID(),
    PERPS_VIEWER_PASSWORD: randomUUID(),
    // The local worker has this one as its variable.
    PERPS_WORKER_PASSWORD: secrets.worker,
  };
  await makeLogins(copy.read(`logins/${name}.sql`), {
    port: Number(ports.CONNECT_PORT_POSTGRES),
    superuser: secrets.superuser,
    passwords: {
      [user]: passwords.PERPS_DATABASE_PASSWORD,
      [`${user}_worker`]: passwords.PERPS_WORKER_PASSWORD,
      [`${user}_viewer`]: passwords.PERPS_VIEWER_PASSWORD,
    },
  });
  const use = () => void Object.assign(copy.env, passwords);
  use();
  copy.environments.set(name, { use, passwords: Object.values(passwords), stop });
}

/** Returns the login that migrates. */
function nameAddresses(file, name, ports) {
  const document = parseDocument(readFileSync(file, 'utf8'));
  const at = (...path) => ['environments', name, ...path];
  const local = (part) => `127.0.0.1:${ports[`CONNECT_PORT_${part}`]}`;
  document.setIn(at('kafka'), { brokers: [local('KAFKA')], replicationFactor: 1 });
  document.setIn(at('registry'), { url: `http://${local('REGISTRY')}/apis/ccompat/v7` });
  document.setIn(at('connect'), { target: 'rest', url: `http://${local('CONNECT')}` });
  document.setIn(at('database', 'host'), '127.0.0.1');
  document.setIn(at('database', 'port'), Number(ports.CONNECT_PORT_POSTGRES));
  document.deleteIn(at('worker', 'registryAuth'));
  document.setIn(at('feed'), { address: local('FEED') });
  writeFileSync(file, document.toString());
  return document.getIn(at('database', 'migrator', 'user'));
}

async function makeLogins(sql, { port, superuser, passwords }) {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: superuser,
    database: 'postgres',
  });
  await client.connect();
  try {
    const statements = sql.replaceAll(/^--.*\n/gm, '').split(';');
    for (const statement of statements.filter((one) => one.trim() !== '')) await client.query(statement);
    for (const [login, password] of Object.entries(passwords))
      await client.query(`ALTER ROLE ${login} PASSWORD ${client.escapeLiteral(password)}`);
  } finally {
    await client.end();
  }
}
