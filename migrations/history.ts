import { basename } from 'node:path';
import { ConnectError } from '../core/errors.ts';
import type { PostgresClient } from '../core/postgres.ts';
import type { MigrationFile } from './files.ts';

/** Which migrations are applied. The name and columns are those of node-pg-migrate, which earlier versions ran on. */
const MIGRATIONS_TABLE = 'pgmigrations';
/** What their files held when they were applied. */
const CHECKSUMS_TABLE = 'pgmigrations_checksums';
/** The steps that have run of a migration which is not finished. */
const STEPS_TABLE = 'pgmigrations_steps';

export type Direction = 'up' | 'down';

export interface AppliedMigration {
  readonly name: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** A migration of which some steps have run. */
export interface BegunMigration {
  readonly name: string;
  readonly direction: Direction;
  /** How many steps have run. */
  readonly done: number;
  readonly checksum: string;
}

/** The applied migrations in the order they ran, and their files' checksums; all empty on a database never migrated. */
export interface History {
  readonly applied: readonly AppliedMigration[];
  readonly checksums: ReadonlyMap<string, string>;
  readonly begun?: BegunMigration | undefined;
}

export async function createHistoryTables(client: PostgresClient): Promise<void> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS public.${MIGRATIONS_TABLE}
       (id SERIAL PRIMARY KEY, name VARCHAR(255) NOT NULL, run_on TIMESTAMP NOT NULL)`,
  );
  await client.query(
    `CREATE TABLE IF NOT EXISTS public.${CHECKSUMS_TABLE} (name VARCHAR(255) PRIMARY KEY, sha256 TEXT NOT NULL)`,
  );
  await client.query(
    `CREATE TABLE IF NOT EXISTS public.${STEPS_TABLE}
       (name VARCHAR(255), direction TEXT, step INTEGER, sha256 TEXT NOT NULL, run_on TIMESTAMPTZ NOT NULL DEFAULT now(),
        PRIMARY KEY (name, direction, step))`,
  );
}

/** Changes nothing, also on a database that was never migrated. */
export async function readHistory(client: PostgresClient): Promise<History> {
  if (!(await tableExists(client, MIGRATIONS_TABLE))) return { applied: [], checksums: new Map() };
  const { rows: applied } = await client.query<AppliedMigration>(
    `SELECT name, to_char(run_on, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
       FROM public.${MIGRATIONS_TABLE} ORDER BY run_on, id`,
  );
  // A database migrated by node-pg-migrate alone has no checksums: there is nothing to compare its files with.
  if (!(await tableExists(client, CHECKSUMS_TABLE))) return { applied, checksums: new Map() };
  const { rows } = await client.query<{ name: string; sha256: string }>(
    `SELECT name, sha256 FROM public.${CHECKSUMS_TABLE}`,
  );
  return {
    applied,
    checksums: new Map(rows.map(({ name, sha256 }) => [name, sha256])),
    begun: await readBegun(client),
  };
}

async function readBegun(client: PostgresClient): Promise<BegunMigration | undefined> {
  if (!(await tableExists(client, STEPS_TABLE))) return undefined;
  const { rows } = await client.query<BegunMigration>(
    `SELECT name, direction, max(step) AS done, max(sha256) AS checksum FROM public.${STEPS_TABLE} GROUP BY name, direction`,
  );
  return rows[0];
}

async function tableExists(client: PostgresClient, table: string): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    `public.${table}`,
  ]);
  return rows[0]?.found === true;
}

/**
 * Why the files no longer say what the database holds: applied migrations must be the files' first ones, unedited.
 * Undefined when they are; else UNSAFE.
 */
export function historyProblem(
  { applied, checksums, begun }: History,
  files: readonly MigrationFile[],
): ConnectError | undefined {
  if (begun !== undefined && files.find(({ name }) => name === begun.name)?.checksum !== begun.checksum) {
    return unsafe(
      `migration ${begun.name} was edited or removed after ${begun.done} of its steps had run (${begun.direction})`,
      `restore it as it was, and finish it with \`connect migrate ${begun.direction}\``,
    );
  }
  for (const [index, { name }] of applied.entries()) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined) {
      return unsafe(
        `migration ${name} is applied, but its file is not there`,
        'restore the file, or check out the version that has it',
      );
    }
    if (files[index]?.name !== name) {
      return unsafe(
        `migration ${files[index]?.name} comes before ${name}, which is already applied`,
        'give the new migration the next free number',
      );
    }
    const checksum = checksums.get(name);
    if (checksum !== undefined && checksum !== file.checksum) {
      return unsafe(
        `migration ${basename(file.path)} was edited after it was applied`,
        'restore it as it was and put the change into a new migration',
      );
    }
  }
  return undefined;
}

/** Writes down that a migration has run. Belongs into the transaction that runs it. */
export async function recordApplied(client: PostgresClient, { name, checksum }: MigrationFile): Promise<void> {
  await client.query(`INSERT INTO public.${MIGRATIONS_TABLE} (name, run_on) VALUES ($1, now())`, [name]);
  await client.query(
    `INSERT INTO public.${CHECKSUMS_TABLE} (name, sha256) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET sha256 = EXCLUDED.sha256`,
    [name, checksum],
  );
}

/** Writes down that a step has run, from 1. */
export async function recordStep(
  client: PostgresClient,
  { name, checksum }: MigrationFile,
  direction: Direction,
  step: number,
): Promise<void> {
  await client.query(`INSERT INTO public.${STEPS_TABLE} (name, direction, step, sha256) VALUES ($1, $2, $3, $4)`, [
    name,
    direction,
    step,
    checksum,
  ]);
}

/** Belongs into the transaction that writes down that the whole migration has run. */
export async function forgetSteps(client: PostgresClient, { name }: MigrationFile): Promise<void> {
  await client.query(`DELETE FROM public.${STEPS_TABLE} WHERE name = $1`, [name]);
}

/** Takes back what `recordApplied` wrote. */
export async function forgetApplied(client: PostgresClient, { name }: MigrationFile): Promise<void> {
  for (const table of [MIGRATIONS_TABLE, CHECKSUMS_TABLE]) {
    await client.query(`DELETE FROM public.${table} WHERE name = $1`, [name]);
  }
}

const unsafe = (message: string, hint: string): ConnectError => new ConnectError('UNSAFE', message, { hint });
