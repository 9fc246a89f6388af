import { ConnectError } from '../core/errors.ts';
import { slotColumnOf } from '../pipeline/moving-columns.ts';
import type { Project, StreamDefinition } from '../pipeline/types.ts';
import type { Relation, UniqueIndex } from './catalog.ts';
import { loadContracts } from './check.ts';
import { type Contract, sqlPlace } from './contract.ts';
import { formerKeys, isKeyIndex } from './key-index.ts';
import { readScripts } from './load-contract.ts';
import { applyScripts } from './migrated-catalog.ts';
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
  /** `hash` by a text that hardly two rows share; `btree` by the column that the former index began with, other than the slot. */
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
 * What a table lacks of the upsert key that its stream's definition names, as the migrations make it. Errors: USAGE where the files
 * cannot be read or no migration makes it, where it has the key or partitions, and where not exactly one unique index can be that of the former key.
 */
export async function readKeyChange(project: Project, stream: StreamDefinition): Promise<KeyChange> {
  const { contract, table } = await readTable(project, stream);
  const { name, key } = stream.table;
  if (table.partitions !== null) throw partitionedTable(name);
  const there = keyIndexOf(table, key);
  if (there !== undefined) {
    const { file, line } = sqlPlace(contract, name, there.name);
    throw new ConnectError('USAGE', `${name} has a unique index on (${key.join(', ')}) already: ${there.name}`, {
      hint: `${file}:${line} makes it; change table.key in ${stream.file} first`,
    });
  }
  return changeOf(project, contract, table);
}

/**
 * The same for a table that becomes partitioned: undefined where its index needs only one more column, or nothing. An index that is to begin with
 * another column than it has is built anew. Errors: those of `readKeyChange`, but for what the table has already.
 */
export async function findKeyChange(project: Project, stream: StreamDefinition): Promise<KeyChange | undefined> {
  const { contract, table } = await readTable(project, stream);
  const { key } = stream.table;
  if (table.partitions !== null || keyIndexOf(table, key) !== undefined) return undefined;
  const [first = ''] = key;
  const possible = formerKeys(table, key, fieldsOf(contract));
  return possible.some(({ columns }) => columns.includes(first)) ? undefined : changeOf(project, contract, table);
}

async function readTable(project: Project, stream: StreamDefinition): Promise<{ contract: Contract; table: Relation }> {
  const { contracts, broken } = await loadContracts(project, [stream]);
  const [contract] = contracts;
  if (contract === undefined) {
    throw new ConnectError('USAGE', `the files of ${stream.name} cannot be read: ${broken[0]?.message}`, {
      hint: '`connect check` says where',
    });
  }
  const { table } = contract;
  if (table === undefined) {
    throw new ConnectError('USAGE', `no migration creates the table ${stream.table.name}`, {
      hint: 'write that one first',
    });
  }
  return { contract, table };
}

const keyIndexOf = (table: Relation, key: readonly string[]): UniqueIndex | undefined =>
  table.uniqueIndexes.find((index) => isKeyIndex(index, key));

async function changeOf(project: Project, contract: Contract, table: Relation): Promise<KeyChange> {
  const { name, key } = contract.stream.table;
  const index = formerIndex(contract, table);
  return withSandbox(async (sandbox) => {
    await applyScripts(sandbox, readScripts(project));
    const former = await formerKey(sandbox, name, index);
    const led = await leadingColumns(sandbox, name, index.name);
    return { table: name, key, former, lookups: lookupsOf(contract, former.columns, led) };
  });
}

/** Why a partitioned table gets no other key here. */
export const partitionedTable = (name: string): ConnectError =>
  new ConnectError('USAGE', `${name} is partitioned, and its indexes cannot be built while others use it`, {
    hint: '`connect partitions migration` turns a table over together with its key; of one that is partitioned, write the migration by hand',
  });

const fieldsOf = ({ written }: Contract): ReadonlySet<string> => new Set(written.map((field) => field.name));

function formerIndex(contract: Contract, table: Relation): UniqueIndex {
  const { name, key } = contract.stream.table;
  const possible = formerKeys(table, key, fieldsOf(contract));
  const [index] = possible;
  if (index !== undefined && possible.length === 1) return index;
  const found = possible.map((one) => `${one.name} (${one.columns.join(', ')})`);
  throw new ConnectError(
    'USAGE',
    index === undefined
      ? `${name} has no unique index of a former key`
      : `several unique indexes of ${name} can be that of the former key: ${found.join(', ')}`,
    { hint: `write a migration with CREATE UNIQUE INDEX … ON ${name} (${key.join(', ')})` },
  );
}

async function formerKey({ query }: Sandbox, table: string, { name, columns }: UniqueIndex): Promise<FormerKey> {
  const [schema] = table.split('.');
  const [found] = await query(`
    SELECT pg_get_indexdef(indexrelid) AS definition, obj_description(indexrelid, 'pg_class') AS comment
    FROM pg_index WHERE indexrelid = '${schema}."${name}"'::regclass`);
  return {
    name,
    columns: columns.flatMap((column) => column ?? []),
    definition: String(found?.definition),
    comment: found?.comment === null ? undefined : String(found?.comment),
  };
}

/** What the former index found, and what is not found without it. */
const lookupsOf = ({ stream, schema }: Contract, former: readonly string[], led: ReadonlySet<string>) =>
  former.flatMap((column, place): readonly Lookup[] => {
    if (column === stream.table.key[0] || led.has(column)) return [];
    const field = schema.fields.find((one) => one.name === column);
    // Of few words, and of what all updates of one thing share, a hash leads to too many rows.
    const isRandom = field?.kind === 'string' && field.allowed === undefined && column !== stream.topic.key;
    if (isRandom) return [{ column, method: 'hash' }];
    return place === 0 && column !== slotColumnOf(stream) ? [{ column, method: 'btree' }] : [];
  });

/** The columns that a whole index begins with, one index left out. */
async function leadingColumns({ query }: Sandbox, table: string, without: string): Promise<ReadonlySet<string>> {
  const rows = await query(`
    SELECT DISTINCT a.attname FROM pg_index AS i
    JOIN pg_class AS c ON c.oid = i.indexrelid AND c.relname <> '${without}'
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = '${table}'::regclass AND i.indpred IS NULL`);
  return new Set(rows.map(({ attname }) => String(attname)));
}
