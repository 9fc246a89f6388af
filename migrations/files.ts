import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectError } from '../core/errors.ts';

/** One migration file: `NNNN_what_it_does.sql` with an up part and a down part. */
export interface MigrationFile {
  readonly name: string;
  readonly path: string;
  readonly up: string;
  readonly down: string;
  /** SHA-256 of the file's text, whatever its line endings. */
  readonly checksum: string;
}

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
/** The golden dump stands beside the migrations and is none. */
export const GOLDEN_DUMP = 'schema.sql';
const UP = /^-- Up Migration\s*$/m;
const DOWN = /^-- Down Migration\s*$/m;

/** The migrations of a folder in the order they run. Errors: INVALID_DEFINITION for a bad name or a missing part. */
export function readMigrations(folder: string): readonly MigrationFile[] {
  const names = listSql(folder);
  const seen = new Map<string, string>();
  return names.map((fileName) => {
    const path = join(folder, fileName);
    const number = FILE_NAME.exec(fileName)?.[1];
    if (number === undefined) throw invalid(path, 'is not named NNNN_what_it_does.sql');
    const twin = seen.get(number);
    if (twin !== undefined) throw invalid(path, `has the same number as ${twin}`);
    seen.set(number, fileName);
    return parseMigration(path, fileName.replace(/\.sql$/, ''));
  });
}

function listSql(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.sql') && name !== GOLDEN_DUMP)
      .sort();
  } catch (error) {
    throw new ConnectError('INVALID_DEFINITION', `migrations cannot be read from ${folder}`, { cause: error });
  }
}

function parseMigration(path: string, name: string): MigrationFile {
  const text = readFileSync(path, 'utf8').replaceAll('\r\n', '\n');
  const up = text.search(UP);
  const down = text.search(DOWN);
  if (up < 0 || down < up)
    throw invalid(path, 'needs a line "-- Up Migration" and, after it, a line "-- Down Migration"');
  return {
    name,
    path,
    up: text.slice(up, down),
    down: text.slice(down),
    checksum: createHash('sha256').update(text).digest('hex'),
  };
}

const invalid = (path: string, problem: string): ConnectError =>
  new ConnectError('INVALID_DEFINITION', `migration ${path} ${problem}`);
