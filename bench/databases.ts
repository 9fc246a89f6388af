import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresConnection, withPostgres } from '../core/postgres.ts';
import { migrate } from '../migrations/runner.ts';
import { projectFile } from '../pipeline/load.ts';
import { groupRoles } from '../pipeline/names.ts';
import type { BenchStack } from './stack.ts';

/** `ours`: every migration. `seed`: the first one only, which is the seed's DDL as PostgreSQL can hold it, and a column for each field since. */
export type SchemaName = 'ours' | 'seed';

/** Databases of production rarely have the locale C that our stacks have; each text column then has what its DDL says. */
const LIKE_PRODUCTION = `TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`;

/** Makes databases that start alike: each is a copy of a migrated, empty one. */
export interface Databases {
  /** An empty database, or a copy of another one that was made here; a second call under one name replaces the first. */
  fresh(name: string, from: SchemaName | { readonly copyOf: string }): Promise<PostgresConnection>;
  drop(name: string): Promise<void>;
}

export async function createDatabases(stack: BenchStack): Promise<Databases> {
  const as = (database: string): PostgresConnection => ({ ...stack.database, database });
  const admin = (sql: string) => withPostgres(stack.superuser, (client) => client.query(sql));
  const roles = groupRoles(stack.environment.database);
  const migrations = projectFile(stack.project, 'migrations');
  const seedOnly = mkdtempSync(join(tmpdir(), 'perps-connect-bench-seed-'));
  try {
    const [first = ''] = readdirSync(migrations)
      .filter((name) => name.endsWith('.sql'))
      .sort();
    cpSync(join(migrations, first), join(seedOnly, first));
    for (const [schema, folder] of [
      ['ours', migrations],
      ['seed', seedOnly],
    ] as const) {
      await admin(`CREATE DATABASE bench_${schema} OWNER perps ${LIKE_PRODUCTION}`);
      await migrate(as(`bench_${schema}`), { folder, direction: 'up', roles });
    }
    // A sink with its defaults writes every field of a record, and fails on one that has no column.
    await withPostgres(as('bench_seed'), (client) =>
      client.query(`ALTER TABLE positions ADD COLUMN ordinal INTEGER, ADD COLUMN bank_id BIGINT;
        GRANT SELECT, INSERT, UPDATE ON positions TO ${roles.sink}; GRANT USAGE ON SEQUENCE positions_id_seq TO ${roles.sink}`),
    );
  } finally {
    rmSync(seedOnly, { recursive: true, force: true });
  }
  const drop = (name: string) => admin(`DROP DATABASE IF EXISTS bench_${name} WITH (FORCE)`);
  return {
    async fresh(name, from) {
      await drop(name);
      const template = typeof from === 'string' ? from : from.copyOf;
      await admin(`CREATE DATABASE bench_${name} OWNER perps TEMPLATE bench_${template}`);
      // What the runs before have left to be written must not be written during this one.
      await admin('CHECKPOINT');
      return as(`bench_${name}`);
    },
    drop: async (name) => void (await drop(name)),
  };
}
