import { hash } from 'node:crypto';
import type { FormerKey, KeyChange, Lookup } from '../contract/key-change.ts';
import { holdsAll } from '../contract/key-index.ts';
import { selectStream } from '../pipeline/load.ts';
import { migrationPath, nextNumber, projectMigrations } from './init/migrations.ts';
import { writeNewFiles } from './init/write-files.ts';
import { openProject, type Runtime } from './session.ts';

/** The migration that has been written. */
export interface KeyMigration {
  readonly stream: string;
  readonly table: string;
  readonly key: readonly string[];
  /** The key that the migrations before it make. */
  readonly formerKey: readonly string[];
  /** Columns that get an index of their own, so that rows are still found by them. */
  readonly lookups: readonly Lookup[];
  /** Relative to the project. */
  readonly path: string;
}

/**
 * Writes the migration that gives the table of a stream the upsert key that its definition names, and back. Errors: USAGE for a stream that
 * does not exist or is partitioned, and those of `readKeyChange`; INVALID_DEFINITION.
 */
export async function writeKeyMigration(runtime: Runtime, name: string): Promise<KeyMigration> {
  const project = openProject(runtime);
  const stream = selectStream(project, name);
  const { partitionedTable, readKeyChange } = await import('../contract/key-change.ts');
  if (stream.table.partition !== undefined) throw partitionedTable(stream.table.name);
  const change = await readKeyChange(project, stream);
  const { table, key, former, lookups } = change;
  const path = migrationPath(nextNumber(projectMigrations(project.root)), `key_${nameOf(table)}`);
  writeNewFiles(project.root, [{ path, text: keyMigration(change) }], 'move the file away');
  return { stream: name, table, key, formerKey: former.columns, lookups, path };
}

/** The text of such a migration. */
export function keyMigration(change: KeyChange): string {
  const { table, key, former } = change;
  const { up, down } = keySteps(change);
  return `-- Up Migration

-- The upsert key of ${table} becomes (${key.join(', ')}) instead of (${former.columns.join(', ')}). What is built is built beside the
-- former index, and nobody waits for it. The sink is away meanwhile, because its settings name the key.

${up}
-- Down Migration

${down}`;
}

/** The steps from one key to another and back. On the way back the index of the key may have lost a column before. */
export function keySteps({ table, key, former, lookups }: KeyChange, lost?: string): { up: string; down: string } {
  const index = indexName(table, [...key, 'key']);
  const others = lookups.map((lookup) => ({ ...lookup, ...lookupIndex(table, lookup, key) }));
  const comments = [
    comment(table, index, 'Upsert key of the sink'),
    ...others.map(({ column, name }) => comment(table, name, `WHERE ${column} = …`)),
  ];
  const left = key.filter((column) => column !== lost);
  return {
    up: `${requireDistinct(table, former.columns, key)}-- Step: the index of the key
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ${index} ON ${table} (${key.join(', ')});

${others.map(({ column, name, over }) => `-- Step: rows by ${column}\nCREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${table} ${over};\n\n`).join('')}-- Step: what they are for
${comments.join('\n')}

${replaceStep(table, former.columns, index)}`,
    down: `${requireDistinct(table, left, former.columns)}-- Step: the former index
${rebuilt(former)};

${former.comment === undefined ? '' : `-- Step: what it is for\n${comment(table, former.name, former.comment)}\n\n`}${replaceStep(table, left, former.name)}${others
  .map(
    ({ column, name }) =>
      `\n-- Step: rows by ${column} are found by the former index again\nDROP INDEX CONCURRENTLY IF EXISTS ${inSchemaOf(table, name)};\n`,
  )
  .join('')}`,
  };
}

/** Rows that differ in a key differ in any key that holds all its columns. */
function requireDistinct(table: string, key: readonly string[], next: readonly string[]): string {
  if (holdsAll(next, key)) return '';
  const columns = next.join(', ');
  return `-- Step: no two rows have one key
DO $$
DECLARE
    twice CONSTANT BIGINT := (SELECT count(*) FROM (SELECT FROM ${table} GROUP BY ${columns} HAVING count(*) > 1) AS several);
BEGIN
    IF twice > 0 THEN
        RAISE unique_violation USING MESSAGE = format('%s values of (${columns}) stand in more than one row of ${table}', twice),
            HINT = 'The index can hold each of them once. Decide which row is to stay, delete the others, and migrate again.';
    END IF;
END
$$;

`;
}

/** A hash entry takes a seventh of what a B-tree needs for a long text. Behind a B-tree's column stands what grows, so that each group is appended to. */
function lookupIndex(table: string, { column, method }: Lookup, [first = '']: readonly string[]) {
  return method === 'hash'
    ? { name: indexName(table, [column, 'hash']), over: `USING hash (${column})` }
    : { name: indexName(table, [column, first, 'idx']), over: `(${column}, ${first})` };
}

/** Drops the unique indexes over these columns; the other index takes over what they were to the table. */
const replaceStep = (table: string, columns: readonly string[], by: string): string =>
  `-- Step for each row: the index of (${columns.join(', ')}), whatever its name; it stays while ${by} is not whole
SELECT unnest(array_remove(ARRAY[
    CASE WHEN old.indisreplident THEN format('ALTER TABLE %s REPLICA IDENTITY USING INDEX %I', old.indrelid::regclass, n.relname) END,
    CASE WHEN c.oid IS NULL THEN format('DROP INDEX CONCURRENTLY %s', old.indexrelid::regclass)
        ELSE format('SET LOCAL lock_timeout = ''500ms''; ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s USING INDEX %I',
            old.indrelid::regclass, c.conname, n.relname, CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, n.relname) END], NULL)) AS statement
FROM pg_index AS old
JOIN pg_index AS new ON new.indrelid = old.indrelid AND new.indexrelid = to_regclass('${inSchemaOf(table, by)}')
JOIN pg_class AS n ON n.oid = new.indexrelid
LEFT JOIN pg_constraint AS c ON c.conindid = old.indexrelid AND c.contype IN ('p', 'u')
WHERE old.indrelid = '${table}'::regclass AND old.indisunique AND old.indpred IS NULL AND old.indexprs IS NULL
  AND new.indisunique AND new.indisvalid AND new.indexrelid <> old.indexrelid
  AND ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = old.indrelid
      AND attnum = ANY ((old.indkey::int2[])[0:old.indnkeyatts - 1]) ORDER BY attname) = '{${columns.toSorted().join(',')}}';
`;

const rebuilt = ({ definition }: FormerKey): string =>
  definition.replace(/^CREATE UNIQUE INDEX/, 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS');

const comment = (table: string, index: string, text: string): string =>
  `COMMENT ON INDEX ${inSchemaOf(table, index)} IS '${text.replaceAll("'", "''")}';`;

/** PostgreSQL cuts a longer name, and two could become one. */
const NAME_BYTES = 63;

function indexName(table: string, parts: readonly string[]): string {
  const name = [nameOf(table), ...parts].join('_');
  if (name.length <= NAME_BYTES) return name;
  const digest = hash('sha256', name).slice(0, 8);
  return `${name.slice(0, NAME_BYTES - digest.length - 1)}_${digest}`;
}

const nameOf = (table: string): string => table.slice(table.indexOf('.') + 1);
const inSchemaOf = (table: string, name: string): string => `${table.slice(0, table.indexOf('.'))}.${name}`;
