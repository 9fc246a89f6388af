import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { parseDocument } from 'yaml';
import { createHttp } from '../../core/http.ts';
import { withAdmin } from '../../core/kafka.ts';
import { packageRoot } from '../../core/package-root.ts';
import { type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { propertiesText } from '../../core/properties.ts';
import { loadProject } from '../../pipeline/load.ts';
import { groupRoles } from '../../pipeline/names.ts';
import { resolveSecret } from '../../pipeline/secrets.ts';
import type { Environment, Project } from '../../pipeline/types.ts';
import { existingStateFolder } from '../../stack/folders.ts';
import { superuserConnection } from '../../stack/parts/postgres.ts';
import { readSecrets } from '../../stack/secrets-file.ts';
import type { StackPorts } from '../../stack/types.ts';
import { freePorts } from './free-ports.ts';
import { restConnect } from './rest-connect.ts';

/** A project of its own on the shared stack: own folder, database, topics, subjects and connectors. */
export interface TestProject {
  readonly root: string;
  /** Ends every name of this project: topics, connectors, database. */
  readonly suffix: string;
  readonly project: Project;
  readonly environment: Environment;
  /** Process environment for commands run in this project. */
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: (reference: string) => string;
  /** The project’s own database, as its owner; and as the superuser, for what only a DBA does to it: roles, sessions of others, a damaged catalog. */
  readonly database: PostgresConnection;
  readonly superuser: PostgresConnection;
  /** Reads the project's files again, after a test has changed them. */
  reload(): Project;
  /** Deletes connectors, topics, subjects, database and folder. */
  remove(): Promise<void>;
}

/** Ports of parts of the test's own, which take the place of shared ones. */
export interface Elsewhere {
  readonly postgres?: number;
  /** A standby of that PostgreSQL. */
  readonly standby?: number;
  readonly registry?: number;
}

/**
 * A copy of this repository's definitions, schemas and migrations, against the stack that the tests share.
 * `name` shows up in every name; it needs no care to be unique. The test calls `remove()` when it is done.
 */
export async function createTestProject(options: {
  readonly name: string;
  readonly elsewhere?: Elsewhere | undefined;
}): Promise<TestProject> {
  const suffix = `${options.name.replaceAll(/[^a-z0-9]/g, '')}_${randomBytes(3).toString('hex')}`;
  const root = mkdtempSync(join(tmpdir(), `perps-connect-${suffix}-`));
  chmodSync(root, 0o755);
  const { standby, ...parts } = options.elsewhere ?? {};
  const ports = { ...inject('stackPorts'), ...parts };
  const stackSecrets = readSecrets(existingStateFolder(inject('stackRoot')) ?? missingStack());
  if (stackSecrets === undefined) return missingStack();

  for (const folder of ['connectors', 'schemas', 'migrations']) copyData(folder, root);
  for (const file of readdirSync(join(root, 'connectors'))) renameStream(join(root, 'connectors', file), suffix);
  const databaseName = `test_${suffix}`;
  const [feedPort = 0] = await freePorts(1);
  mkdirSync(join(root, '.connect'), { mode: 0o700 });
  shareCatalogs(root);
  const { database, worker, viewer } = stackSecrets;
  const passwords = propertiesText({
    'database.password': database,
    'worker.password': worker,
    'viewer.password': viewer,
  });
  writeFileSync(join(root, '.connect', 'secrets.properties'), passwords, { mode: 0o600 });
  writeFileSync(join(root, 'connect.yaml'), environmentFile(ports, databaseName, feedPort, suffix, standby));
  const env = { ...process.env, PERPS_WORKER_PASSWORD: worker };
  const reload = () => loadProject(root, env);
  const project = reload();
  const environment = project.environments.local ?? missingStack();
  const admin = {
    ...superuserConnection(ports.postgres, stackSecrets.superuser),
    standbys: standby === undefined ? [] : [{ host: '127.0.0.1', port: standby }],
  };
  const groups = Object.values(groupRoles({ name: databaseName }));
  await withPostgres(admin, async (client) => {
    await client.query(`CREATE DATABASE ${databaseName} OWNER perps`);
    for (const group of groups) await client.query(`CREATE ROLE ${group}`);
    await client.query(`GRANT ${databaseName}_sink TO perps_worker; GRANT ${databaseName}_reader TO perps_viewer`);
  });
  return {
    root,
    suffix,
    project,
    environment,
    env,
    secrets: (reference) => resolveSecret(reference, { root, env }),
    database: { ...admin, database: databaseName, user: 'perps', password: database },
    superuser: { ...admin, database: databaseName },
    reload,
    async remove() {
      await removeConnectors(restConnect(environment).url, suffix);
      await removeTopics(environment.kafka.brokers, suffix);
      await removeSubjects(environment.registry.url, suffix);
      await withPostgres(admin, async (client) => {
        await client.query(`DROP DATABASE IF EXISTS ${databaseName} WITH (FORCE)`);
        await client.query(`DROP ROLE ${groups.join(', ')}`);
      });
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Every deploy checks the contract first; its catalog is made from the same migrations in every project. */
function shareCatalogs(root: string): void {
  const shared = join(inject('stackRoot'), '.connect', 'cache');
  mkdirSync(shared, { recursive: true });
  symlinkSync(shared, join(root, '.connect', 'cache'));
}

function missingStack(): never {
  throw new Error(
    'the shared stack does not run: is this file in the project "integration" or "e2e" of vitest.config.ts?',
  );
}

/** This repository's definitions, schemas, migrations and environments, as they are, in a folder of the test's own. */
export function copyProject(root: string): void {
  for (const folder of ['connectors', 'schemas', 'migrations']) copyData(folder, root);
  cpSync(join(packageRoot(), 'connect.yaml'), join(root, 'connect.yaml'));
}

/** Definitions, schemas and SQL, without the code beside them. */
function copyData(folder: string, root: string): void {
  cpSync(join(packageRoot(), folder), join(root, folder), {
    recursive: true,
    filter: (path) => !/\.(ts|js|map)$/.test(path),
  });
}

function renameStream(file: string, suffix: string): void {
  if (!/\.ya?ml$/.test(file)) return;
  const document = parseDocument(readFileSync(file, 'utf8'));
  for (const path of [
    ['topic', 'name'],
    ['sink', 'name'],
  ]) {
    document.setIn(path, `${String(document.getIn(path))}-${suffix}`);
  }
  writeFileSync(file, document.toString());
}

function environmentFile(
  ports: StackPorts,
  databaseName: string,
  feedPort: number,
  suffix: string,
  standby: number | undefined,
): string {
  return `default: local
project: test-${suffix}
environments:
  local:
    kafka: { brokers: ['127.0.0.1:${ports.kafka}'], replicationFactor: 1 }
    registry: { url: 'http://127.0.0.1:${ports.registry}/apis/ccompat/v7' }
    database:
      host: 127.0.0.1
      port: ${ports.postgres}${standby === undefined ? '' : `\n      standbys: ['127.0.0.1:${standby}']`}
      name: ${databaseName}
      user: perps_worker
      password: \${file:.connect/secrets.properties:worker.password}
      migrator: { user: perps, password: '\${file:.connect/secrets.properties:database.password}' }
      reader: { user: perps_viewer, password: '\${file:.connect/secrets.properties:viewer.password}' }
    connect: { target: rest, url: 'http://127.0.0.1:${ports.connect}' }
    worker: { databasePassword: '\${env:PERPS_WORKER_PASSWORD}' }
    feed: { address: '127.0.0.1:${feedPort}' }
`;
}

async function removeConnectors(url: string, suffix: string): Promise<void> {
  const http = createHttp({ what: 'Connect', baseUrl: url });
  const { body } = await http.request<string[]>('GET', '/connectors');
  for (const name of body.filter((connector) => connector.includes(suffix))) {
    await http.request('DELETE', `/connectors/${encodeURIComponent(name)}`);
  }
}

async function removeTopics(brokers: readonly string[], suffix: string): Promise<void> {
  await withAdmin({ brokers }, 'perps-connect-test', async (admin) => {
    const topics = [...(await admin.listTopics())].filter((topic) => topic.includes(suffix));
    if (topics.length > 0) await admin.deleteTopics(topics);
  });
}

async function removeSubjects(url: string, suffix: string): Promise<void> {
  const http = createHttp({ what: 'the registry', baseUrl: url });
  const { body } = await http.request<string[]>('GET', '/subjects');
  for (const subject of body.filter((name) => name.includes(suffix))) {
    await http.request('DELETE', `/subjects/${encodeURIComponent(subject)}`);
    await http.request('DELETE', `/subjects/${encodeURIComponent(subject)}?permanent=true`);
  }
}
