import { ConnectError } from '../core/errors.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import type { Relation } from './catalog.ts';
import { sqlPlace } from './contract.ts';
import { formerKeys, holdsAll } from './former-key.ts';
import { loadContract, readScripts } from './load-contract.ts';
import { runMigrations } from './migrated-catalog.ts';
import { type Sandbox, withSandbox } from './sandbox.ts';

/** What turns a table over from one upsert key to another. */
export interface KeyChange {
  /** Schema-qualified. */
  readonly table: string;
  readonly key: readonly string[];
  readonly former: FormerKey;
  /** What the former index found, and no other one would find. */
  readonly lookups: readonly Lookup[];
}

/** How rows are found by a column that no other index begins with. */
export interface Lookup {
  readonly column: string;
  /** `hash` by a text that hardly two rows share; `btree` by the column that the former index began with. */
  readonly method: 'hash' | 'btree';
}

/** The unique index of the former key. */
export interface FormerKey {
  readonly name: string;
  readonly columns: readonly string[];
  /** The statement that makes it, as PostgreSQL prints it. */
  readonly definition: string;
  readonly comment?: string | undefined;
}

/**
 * What a table lacks of the upsert key that its stream's definition names, as the migrations make it. Errors: USAGE where the migrations do not
 * run or do not make it, where it has the key or partitions, and where not exactly one unique index can be that of the former key.
 */
export function readKeyChange(project: Project, stream: StreamDefinition): Promise<KeyChange> {
  return withSandbox(async (sandbox) => {
    const migrated = await runMigrations(sandbox, readScripts(project));
    if (migrated.failure !== undefined) {
      throw new ConnectError('USAGE', `the migrations do not run: ${migrated.failure.message}`, {
        hint: '`connect check` says where',
      });
    }
    const contract = loadContract(project, stream, migrated);
    const { name, key } = stream.table;
    if (contract.table === undefined) {
      throw new ConnectError('USAGE', `no migration creates the table ${name}`, { hint: 'write that one first' });
    }
    const { uniqueIndexes, partitions } = contract.table;
    if (partitions !== null) throw partitionedTable(name);
    const there = uniqueIndexes.find(({ columns }) => holdsAll(columns, key) && holdsAll(key, columns));
    if (there !== undefined) {
      const { file, line } = sqlPlace(contract, name, there.name);
      throw new ConnectError('USAGE', `${name} has a unique index on (${key.join(', ')}) already: ${there.name}`, {
        hint: `${file}:${line} makes it; change table.key in ${stream.file} first`,
      });
    }
    const former = await formerOf(sandbox, contract.table, key, new Set(contract.written.map((field) => field.name)));
    const led = await leadingColumns(sandbox, name, former.name);
    const lookups = former.columns.flatMap((column, place): readonly Lookup[] => {
      if (column === key[0] || led.has(column)) return [];
      const field = contract.schema.fields.find((one) => one.name === column);
      // Of few words, and of what all updates of one thing share, a hash leads to too many rows.
      const isRandom = field?.kind === 'string' && field.allowed === undefined && column !== stream.topic.key;
      if (isRandom) return [{ column, method: 'hash' }];
      return place === 0 ? [{ column, method: 'btree' }] : [];
    });
    return { table: name, key, former, lookups };
  });
}

/** Why a partitioned table gets no other key here. */
export const partitionedTable = (name: string): ConnectError =>
  new ConnectError('USAGE', `${name} is partitioned, and its indexes cannot be built while others use it`, {
    hint: '`connect partitions migration` turns a table over together with its key; of one that is partitioned, write the migration by hand',
  });

async function formerOf(
  { query }: Sandbox,
  table: Relation,
  key: readonly string[],
  fields: ReadonlySet<string>,
): Promise<FormerKey> {
  const [index, ...others] = formerKeys(table, key, fields);
  if (index === undefined || others.length > 0) {
    const found = [index, ...others]
      .flatMap((one) => one ?? [])
      .map((one) => `${one.name} (${one.columns.join(', ')})`);
    throw new ConnectError(
      'USAGE',
      found.length === 0
        ? `${table.name} has no unique index of a former key`
        : `several unique indexes of ${table.name} can be that of the former key: ${found.join(', ')}`,
      { hint: `write a migration with CREATE UNIQUE INDEX … ON ${table.name} (${key.join(', ')})` },
    );
  }
  const [schema] = table.name.split('.');
  const [found] = await query(`
    SELECT pg_get_indexdef(indexrelid) AS definition, obj_description(indexrelid, 'pg_class') AS comment
    FROM pg_index WHERE indexrelid = '${schema}."${index.name}"'::regclass`);
  return {
    name: index.name,
    columns: index.columns.flatMap((column) => column ?? []),
    definition: String(found?.definition),
    comment: found?.comment === null ? undefined : String(found?.comment),
  };
}

/** The columns that a whole index begins with, one index left out. */
async function leadingColumns({ query }: Sandbox, table: string, without: string): Promise<ReadonlySet<string>> {
  const rows = await query(`
    SELECT DISTINCT a.attname FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relname <> '${without}'
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = '${table}'::regclass AND i.indpred IS NULL`);
  return new Set(rows.map(({ attname }) => String(attname)));
}
