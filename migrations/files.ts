import { hash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConnectError, messageOf } from '../core/errors.ts';
import { readLimited } from '../core/read-limited.ts';

/** A piece of a part that does not run in one transaction. It can be repeated: a migrator that is killed begins with it again. */
export interface MigrationStep {
  /** What stands in its mark. */
  readonly title: string;
  /** Its SQL, the mark included. Several statements are one transaction. */
  readonly sql: string;
  /** The line of the file, from 1, that it begins on. */
  readonly line: number;
  /** The SQL is a query, and each row of its only column is a statement that runs on its own. */
  readonly forEachRow: boolean;
}

/** One migration file: `NNNN_what_it_does.sql` with an up part and a down part. */
export interface MigrationFile {
  /** Without `.sql`; as it stands in the database. */
  readonly name: string;
  readonly path: string;
  /** The SQL of each part, its mark included: exactly the text that is sent to the database. */
  readonly up: string;
  readonly down: string;
  /** The line of the file, from 1, that each part begins on. */
  readonly lines: { readonly up: number; readonly down: number };
  /** The steps of each part; none when it runs in one transaction. */
  readonly steps: { readonly up: readonly MigrationStep[]; readonly down: readonly MigrationStep[] };
  /** SHA-256 of the file's text, whatever its line endings. */
  readonly checksum: string;
}

/** The golden dump: it stands beside the migrations and is not one of them. */
export const GOLDEN_DUMP = 'schema.sql';

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;
/** What looks like the beginning of a part. */
const ANY_MARK = /^[^\S\n]*--[\s-]*(up|down)\s+migration.*$/gim;
const MARKS = ['-- Up Migration', '-- Down Migration'];
const STEP_MARK = /^-- Step( for each row)?: (\S.*)$/gm;
/** What looks like the beginning of a step. */
const ANY_STEP_MARK = /^[^\S\n]*--[\s-]*step( for each row)?\s*:.*$/gim;

/** The migrations of a folder in the order they run. Errors: INVALID_DEFINITION for a bad name or a missing part. */
export function readMigrations(folder: string): readonly MigrationFile[] {
  const seen = new Map<string, string>();
  return listSql(folder).map((fileName) => {
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
    throw new ConnectError('INVALID_DEFINITION', `migrations cannot be read from ${folder}: ${messageOf(error)}`, {
      cause: error,
      hint: 'a project has its migrations in the folder migrations/ beside connect.yaml',
    });
  }
}

function parseMigration(path: string, name: string): MigrationFile {
  const text = readLimited(path).replaceAll('\r\n', '\n');
  const [up, down, ...more] = [...text.matchAll(ANY_MARK)];
  if (up === undefined || down === undefined || more.length > 0 || up[0] !== MARKS[0] || down[0] !== MARKS[1]) {
    throw invalid(path, `needs exactly one line "${MARKS[0]}" and, after it, one line "${MARKS[1]}"`);
  }
  if (hasSql(text.slice(0, up.index))) throw invalid(path, `has SQL before "${MARKS[0]}", which would never run`);
  const parts = { up: text.slice(up.index, down.index), down: text.slice(down.index) };
  const lines = { up: lineAt(text, up.index), down: lineAt(text, down.index) };
  return {
    name,
    path,
    ...parts,
    lines,
    steps: { up: stepsOf(path, parts.up, lines.up), down: stepsOf(path, parts.down, lines.down) },
    checksum: hash('sha256', text),
  };
}

function stepsOf(path: string, part: string, firstLine: number): readonly MigrationStep[] {
  const marks = [...part.matchAll(STEP_MARK)];
  const likely = [...part.matchAll(ANY_STEP_MARK)].map(([mark]) => mark);
  const wrong = likely.find((mark) => !marks.some(([right]) => right === mark));
  if (wrong !== undefined) {
    throw invalid(path, `has the line "${wrong}"; a step begins with "-- Step: …" or "-- Step for each row: …"`);
  }
  if (marks.length > 0 && hasSql(part.slice(0, marks[0]?.index))) {
    throw invalid(path, 'has SQL before its first step, which would never run');
  }
  return marks.map(({ index, 1: forEachRow, 2: title = '' }, number) => ({
    title,
    sql: part.slice(index, marks[number + 1]?.index),
    line: firstLine + lineAt(part, index) - 1,
    forEachRow: forEachRow !== undefined,
  }));
}

const hasSql = (text: string): boolean => text.replaceAll(/^\s*--.*$/gm, '').trim() !== '';

/** The line, from 1, that holds the character at `offset`. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

const invalid = (path: string, problem: string): ConnectError =>
  new ConnectError('INVALID_DEFINITION', `migration ${path} ${problem}`);
