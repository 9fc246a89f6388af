import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyChange, Lookup } from '../contract/key-change.ts';
import { ConnectError } from '../core/errors.ts';
import { packageRoot } from '../core/package-root.ts';
import { selectStream } from '../pipeline/load.ts';
import type { PartitionDefinition, StreamDefinition } from '../pipeline/types.ts';
import { makesFunction, migrationPath, nextNumber, projectMigrations } from './init/migrations.ts';
import { writeNewFiles } from './init/write-files.ts';
import { keySteps } from './key-migration.ts';
import { openProject, type Runtime } from './session.ts';

/** The migration that has been written. */
export interface PartitionMigration {
  readonly stream: string;
  readonly table: string;
  /** Where the index of the key is built anew, because it is to begin with another column: what it found gets an index of its own. */
  readonly lookups: readonly Lookup[];
  /** Relative to the project. */
  readonly path: string;
}

/**
 * Writes the migration that makes the table of a stream what its definition says of partitions, and back. Errors: USAGE for a stream that
 * does not exist or whose definition has no partitions, when the migrations lack what it needs, when it is there already, and those of `findKeyChange`;
 * INVALID_DEFINITION.
 */
export async function writePartitionMigration(runtime: Runtime, name: string): Promise<PartitionMigration> {
  const project = openProject(runtime);
  const stream = selectStream(project, name);
  const { partition, name: table } = stream.table;
  if (partition === undefined) {
    throw new ConnectError('USAGE', `${stream.file} says nothing of partitions`, {
      hint: 'add table.partition, and its column to table.key (docs/partitions.md)',
    });
  }
  const files = projectMigrations(project.root);
  const words = `partition_${table.split('.').at(-1)}`;
  const path = migrationPath(nextNumber(files), words);
  const twin = files.find((file) => file.name.slice(5) === words);
  if (twin !== undefined) {
    throw new ConnectError('USAGE', `migrations/${twin.name}.sql partitions ${table} already`, {
      hint: 'where no database has run it, delete it and run the command again; else write a migration by hand',
    });
  }
  if (!makesFunction(files, 'keep_history_from')) {
    throw new ConnectError(
      'USAGE',
      `the migrations do not say from when on a history is kept, which \`connect partitions apply\` writes down`,
      {
        hint: 'run `connect upgrade` first: it brings what they lack',
      },
    );
  }
  const { findKeyChange } = await import('../contract/key-change.ts');
  const change = await findKeyChange(project, stream);
  writeNewFiles(project.root, [{ path, text: partitionMigration(stream, partition, change) }], 'move the file away');
  return { stream: stream.name, table, lookups: change?.lookups ?? [], path };
}

/** The text of such a migration; with `change`, its first steps build the index of the key anew, and its last ones the former index. */
export function partitionMigration(
  { table: { name, key } }: Pick<StreamDefinition, 'table'>,
  { by, every, ahead }: PartitionDefinition,
  change?: KeyChange,
): string {
  const keyIndex = change === undefined ? undefined : keySteps(change, by);
  const functions = readFileSync(join(packageRoot(), 'migrations', 'partitions', 'functions.sql'), 'utf8').trim();
  const history = literal(name);
  const column = literal(by);
  return `-- Up Migration

-- ${name} becomes a table with a partition for each ${every}. What it holds becomes the first one, as it is; so this takes as long as two new unique
-- indexes, and no row is copied. The sink is away meanwhile, because its settings name the key.

-- Step: the functions, which stay for the way back
${functions}

${keyIndex === undefined ? '' : `${keyIndex.up}\n`}-- Step: the limit of what is there
SELECT limit_history(${history}, ${column}, '${every}');

-- Step for each row: that limit, checked without a lock
SELECT format('ALTER TABLE %s VALIDATE CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
WHERE conrelid = ${history}::regclass AND conname = 'partition_boundary' AND NOT convalidated;

-- Step for each row: unique indexes with ${by}
SELECT statement FROM partition_twins(${history}, ${column}, ${literal(`{${key.join(',')}}`)});

-- Step: the partitions
SELECT replace_history(${history}, ${column}, '${every}', ${ahead});

-- Step: statistics
ANALYZE ${name};

-- Down Migration

-- One table again, that every row is copied into; it refuses when rows of different times have one key. The functions stay: another
-- table may need them.

-- Step: one table
SELECT replace_history(${history}, ${column});

${keyIndex === undefined ? '' : `${keyIndex.down}\n`}-- Step: statistics
ANALYZE ${name};
`;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
