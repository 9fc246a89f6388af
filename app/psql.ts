import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { type PostgresConnection, type PostgresTls, withPostgres } from '../core/postgres.ts';
import type { Session } from './session.ts';

/** What a statement answered: values as text, null as null. */
export interface QueryAnswer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Path of the `psql` that this machine has; undefined when it has none. */
export function findPsql(env: NodeJS.ProcessEnv): string | undefined {
  const names = platform() === 'win32' ? ['psql.exe'] : ['psql'];
  return (env.PATH ?? '')
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * Runs psql on the environment's database with the terminal as it is, and returns its exit code. `writes`: as the migrator, else
 * as a reader, whose transactions are read only. The
 * password goes by its environment, which no list of processes shows.
 */
export function runPsql(
  session: Session,
  psql: string,
  { args, writes = false }: { readonly args: readonly string[]; readonly writes?: boolean | undefined },
): Promise<number> {
  const connection = writes ? session.asMigrator : session.asReader;
  const child = spawn(psql, args, { stdio: 'inherit', env: { ...session.env, ...psqlEnvironment(connection) } });
  // Ctrl-C is psql's: it ends a statement, not the session.
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** A statement that is forgotten keeps VACUUM from its work; whoever needs longer sets `statement_timeout`. */
const READ_ONLY = '-c default_transaction_read_only=on -c statement_timeout=10min';

const SSL_MODES = { none: 'prefer', require: 'require', verify: 'verify-full' } as const;

function psqlEnvironment({
  host,
  port,
  standbys = [],
  database,
  user,
  password,
  readOnly,
  tls = { mode: 'none' },
}: PostgresConnection) {
  const servers = [{ host, port }, ...standbys];
  return {
    PGHOST: servers.map((server) => server.host).join(','),
    PGPORT: servers.map((server) => server.port).join(','),
    ...(standbys.length === 0 ? {} : { PGTARGETSESSIONATTRS: 'primary' }),
    PGDATABASE: database,
    PGUSER: user,
    PGPASSWORD: password,
    PGSSLMODE: SSL_MODES[tls.mode],
    ...psqlFiles(tls),
    PGTZ: 'UTC',
    ...(readOnly && { PGOPTIONS: READ_ONLY }),
  };
}

/** psql would look for an authority in a file of the user's home; ours takes the system's, and so does psql when told. */
const psqlFiles = ({ mode, ca, certificate, key }: PostgresTls) => ({
  ...(mode === 'verify' && { PGSSLROOTCERT: ca ?? 'system' }),
  ...(certificate !== undefined && { PGSSLCERT: certificate, PGSSLKEY: key }),
});

/** Lets `ask` run statements in one session that writes nothing. Errors: UNREACHABLE, REFUSED. */
export const withReadOnlySession = (
  { asReader }: Session,
  ask: (query: (sql: string) => Promise<QueryAnswer>) => Promise<void>,
): Promise<void> =>
  withPostgres(asReader, async (client) => {
    await ask(async (sql) => {
      const { fields, rows } = await client.query<(unknown | null)[]>({ text: sql, rowMode: 'array' });
      const textOf = (value: unknown) =>
        value === null ? null : typeof value === 'object' ? JSON.stringify(value) : String(value);
      return { columns: fields.map(({ name }) => name), rows: rows.map((row) => row.map(textOf)) };
    });
  });
