import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ConnectError } from '../../core/errors.ts';
import { type PostgresClient, type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { storageError } from '../folders.ts';
import { meaningfulLines } from '../log-tail.ts';
import { fingerprint, type Part, partMarker } from '../part.ts';
import { accepts } from '../ports.ts';
import type { PostgresHome } from '../postgres-home.ts';
import { scramVerifier } from '../scram-verifier.ts';
import {
  INITDB_ARGUMENTS,
  PIPELINE_DATABASE,
  PIPELINE_LOGINS,
  roleStatements,
  SERVER_SETTINGS,
} from '../settings/postgres.ts';
import { REGISTRY_DATABASE } from '../settings/registry.ts';
import type { PartContext } from './context.ts';
import { childEnvironment } from './jvm.ts';

const SUPERUSER = 'postgres';

/** The local PostgreSQL server. */
export function postgresPart(context: PartContext): Part {
  const { folder, ports, env, postgres, secrets } = context;
  const marker = partMarker(folder, 'postgres');
  const settings = serverSettings(ports.postgres);
  let databasesExist = false;
  return {
    name: 'postgres',
    port: ports.postgres,
    marker,
    fingerprint: fingerprint(settings, postgres.programs, postgres.data),
    startsAfter: [],
    async prepare() {
      const environment = childEnvironment(env, {});
      if (!existsSync(join(postgres.data, 'PG_VERSION'))) await initialise(postgres, secrets.superuser, environment);
      return {
        command: join(postgres.programs, 'bin', 'postgres'),
        args: ['-D', postgres.data, '-c', marker, ...settings.flatMap((setting) => ['-c', setting])],
        env: environment,
        user: postgres.user,
      };
    },
    async probe() {
      if (!(await accepts(ports.postgres))) return false;
      if (!databasesExist) await createDatabases(ports.postgres, secrets);
      databasesExist = true;
      return true;
    },
  };
}

/** The server as its superuser sees it. */
export function superuserConnection(port: number, password: string): PostgresConnection {
  return { host: '127.0.0.1', port, database: 'postgres', user: SUPERUSER, password };
}

function serverSettings(port: number): string[] {
  return [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    // A socket's path may have 107 bytes, and a project's folder may be deeper than that.
    'unix_socket_directories=',
    ...SERVER_SETTINGS,
  ];
}

/** Makes an empty cluster beside the data folder and moves it there, so that an interrupted one is never used. */
async function initialise(home: PostgresHome, password: string, env: NodeJS.ProcessEnv): Promise<void> {
  const fresh = `${home.data}.new`;
  const passwordFile = `${home.data}.password`;
  await rm(fresh, { recursive: true, force: true });
  await rm(home.data, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  try {
    await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
    if (home.user !== undefined) {
      await chown(fresh, home.user.uid, home.user.gid);
      await chown(passwordFile, home.user.uid, home.user.gid);
    }
    const access = ['-U', SUPERUSER, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    const args = ['-D', fresh, ...access, ...INITDB_ARGUMENTS, '--no-instructions'];
    await promisify(execFile)(join(home.programs, 'bin', 'initdb'), args, { env, cwd: '/', ...home.user });
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    if (/No space left on device|free disk space/.test(stderr)) Object.assign(error as object, { code: 'ENOSPC' });
    const reason = meaningfulLines(stderr, 3).join('; ') || message;
    throw (
      storageError(error, home.data) ??
      new ConnectError('ENVIRONMENT', `cannot initialise PostgreSQL in ${home.data}: ${reason}`, { cause: error })
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(fresh, home.data);
}

async function createDatabases(port: number, secrets: PartContext['secrets']): Promise<void> {
  await withPostgres(superuserConnection(port, secrets.superuser), async (client) => {
    await createDatabase(client, PIPELINE_DATABASE, secrets.database);
    await createDatabase(client, REGISTRY_DATABASE, secrets.registry);
    for (const statement of roleStatements()) await client.query(statement);
    for (const owner of ['worker', 'viewer'] as const) {
      const password = client.escapeLiteral(scramVerifier(secrets[owner]));
      await client.query(`ALTER ROLE ${PIPELINE_LOGINS[owner].name} LOGIN PASSWORD ${password}`);
    }
  });
}

/** A database owned by a role of the same name, which may log in with the password. */
async function createDatabase(client: PostgresClient, name: string, password: string): Promise<void> {
  const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  const verb = role.rowCount === 0 ? 'CREATE' : 'ALTER';
  await client.query(`${verb} ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(scramVerifier(password))}`);
  const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (database.rowCount === 0) await client.query(`CREATE DATABASE ${name} OWNER ${name}`);
}
