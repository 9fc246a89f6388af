import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectPrimary, type PostgresClient, type PostgresConnection, withPostgres } from '../../core/postgres.ts';
import { stateFolder } from '../../stack/folders.ts';
import { superuserConnection } from '../../stack/parts/postgres.ts';
import { outsideFolder, type PostgresHome, preparePostgresHome } from '../../stack/postgres-home.ts';
import { INITDB_ARGUMENTS, PIPELINE_LOGINS, roleStatements, SERVER_SETTINGS } from '../../stack/settings/postgres.ts';
import type { CertificateFiles } from './certificates.ts';
import { eventually } from './eventually.ts';
import { freePorts } from './free-ports.ts';

/** A PostgreSQL server of a test's own, which it may hurt. Unless told otherwise it lets everybody in, with any password. */
export interface PrivatePostgres {
  readonly port: number;
  readonly superuser: PostgresConnection;
  /** Returns once it takes connections. */
  start(): Promise<void>;
  /** Returns once it has ended; `immediate` is a crash. */
  stop(how: 'fast' | 'immediate'): Promise<void>;
  /** Stops its processes without a word, the postmaster or all; the function returned lets them go on. */
  freeze(pids?: readonly number[]): () => void;
  query(sql: string, database?: string): Promise<Record<string, unknown>[]>;
  /** A session that the caller ends. */
  session(database: string): Promise<PostgresClient>;
  /** Changes a setting of the running server. */
  set(name: string, value: string): Promise<void>;
  /** Lets the disk be full for a table, which loses its rows, until the function returned is called. On Linux only. */
  fillDisk(database: string, table: string): Promise<() => void>;
  /** A server made of a copy of this one's files, which must not run: its standby until `SELECT pg_promote()`. It is not started. */
  standby(): Promise<PrivatePostgres>;
  remove(): Promise<void>;
}

/** How a server lets people in that are not its superuser `postgres`, who needs no password on this machine. */
export interface Access {
  /** The server's certificate, and the authority of its clients' certificates. */
  readonly tls: Pick<CertificateFiles, 'certificate' | 'key'> & { readonly ca: string };
  /** Lines of pg_hba.conf; the first that fits decides. Default: SCRAM over TLS with a certificate of the user's name. */
  readonly rules?: readonly string[];
}

const SCRAM_WITH_CERTIFICATE = 'hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full';

/** Makes one and starts it. */
export async function createPrivatePostgres(access?: Access): Promise<PrivatePostgres> {
  const home = newHome();
  const { env } = process;
  const programs = join(home.programs, 'bin');
  const options = ['-U', 'postgres', '--auth=trust', '--no-sync', '--no-instructions'];
  const args = ['-D', home.data, ...options, ...INITDB_ARGUMENTS];
  await promisify(execFile)(join(programs, 'initdb'), args, { env, cwd: '/', ...home.user });
  if (access !== undefined) restrict(home, access);
  const server = await describe(home);
  await server.start();
  await server.query('CREATE ROLE perps LOGIN');
  for (const statement of roleStatements()) await server.query(statement);
  for (const { name } of Object.values(PIPELINE_LOGINS)) await server.query(`ALTER ROLE ${name} LOGIN`);
  return server;
}

interface Home extends PostgresHome {
  /** What to delete in the end. */
  readonly folders: readonly string[];
  readonly log: string;
}

function newHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), 'perps-connect-postgres-'));
  // It runs as another user when the tests run as root.
  chmodSync(folder, 0o755);
  const state = stateFolder(folder);
  const home = preparePostgresHome(state);
  mkdirSync(home.data, { recursive: true, mode: 0o700 });
  if (home.user !== undefined) chownSync(home.data, home.user.uid, home.user.gid);
  return { ...home, folders: [folder, outsideFolder(state)], log: state.outputFile('postgres') };
}

/** The server reads its key only where nobody else can. */
function restrict({ data, user }: Home, { tls, rules = [SCRAM_WITH_CERTIFICATE] }: Access): void {
  for (const [name, source] of Object.entries({
    'server.crt': tls.certificate,
    'server.key': tls.key,
    'root.crt': tls.ca,
  })) {
    const file = join(data, name);
    cpSync(source, file);
    chmodSync(file, 0o600);
    if (user !== undefined) chownSync(file, user.uid, user.gid);
  }
  appendFileSync(join(data, 'postgresql.conf'), "ssl = on\nssl_ca_file = 'root.crt'\n");
  writeFileSync(join(data, 'pg_hba.conf'), `${['host all postgres 127.0.0.1/32 trust', ...rules].join('\n')}\n`);
}

async function describe({ log, folders, ...home }: Home): Promise<PrivatePostgres> {
  const [port = 0] = await freePorts(1);
  const superuser = superuserConnection(port, 'any');
  let server: ChildProcess | undefined;
  const ended = (): boolean => server === undefined || server.exitCode !== null || server.signalCode !== null;
  const query: PrivatePostgres['query'] = (sql, database = 'postgres') =>
    withPostgres({ ...superuser, database }, async (client) => (await client.query(sql)).rows);
  const stop: PrivatePostgres['stop'] = async (how) => {
    server?.kill(how === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await eventually(() => ended() || fail(log), { timeoutMs: 30_000 });
  };
  const kill = () => void server?.kill('SIGKILL');
  process.once('exit', kill);
  return {
    port,
    superuser,
    async start() {
      const settings = [
        `port=${port}`,
        'listen_addresses=127.0.0.1',
        'unix_socket_directories=',
        'fsync=off',
        ...SERVER_SETTINGS,
      ];
      const output = openSync(log, 'a');
      const args = ['-D', home.data, ...settings.flatMap((setting) => ['-c', setting])];
      server = spawn(join(home.programs, 'bin', 'postgres'), args, {
        ...home.user,
        cwd: '/',
        stdio: ['ignore', output, output],
      });
      closeSync(output);
      await eventually(() => (ended() ? fail(log) : query('SELECT 1')), { timeoutMs: 30_000 });
    },
    stop,
    freeze(pids = [server?.pid ?? 0]) {
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      return () => {
        for (const pid of pids) process.kill(pid, 'SIGCONT');
      };
    },
    query,
    session: (database) => connectPrimary({ ...superuser, database }),
    async set(name, value) {
      await query(`ALTER SYSTEM SET ${name} TO '${value}'`);
      await query('SELECT pg_reload_conf()');
    },
    async fillDisk(database, table) {
      const session = await connectPrimary({ ...superuser, database });
      // A new file of its own, which nobody has open.
      await session.query(`BEGIN; TRUNCATE ${table}`);
      const { rows } = await session.query<{ path: string }>(`SELECT pg_relation_filepath('${table}') AS path`);
      const file = join(home.data, rows[0]?.path ?? '');
      renameSync(file, `${file}.empty`);
      symlinkSync('/dev/full', file);
      await session.query('COMMIT');
      await session.end();
      return () => renameSync(`${file}.empty`, file);
    },
    async standby() {
      const copy = newHome();
      cpSync(home.data, copy.data, { recursive: true, preserveTimestamps: true });
      writeFileSync(join(copy.data, 'standby.signal'), '');
      const primary = `primary_conninfo = 'host=127.0.0.1 port=${port} user=postgres'\n`;
      appendFileSync(join(copy.data, 'postgresql.auto.conf'), primary);
      const { user } = copy;
      if (user !== undefined) await promisify(execFile)('chown', ['-R', `${user.uid}:${user.gid}`, copy.data]);
      return describe(copy);
    },
    async remove() {
      if (!ended()) await stop('immediate');
      process.off('exit', kill);
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function fail(log: string): never {
  throw new Error(`PostgreSQL is not as asked for: ${readFileSync(log, 'utf8').slice(-2_000)}`);
}
