import { type Catalog, type Query, readCatalog } from './catalog.ts';
import type { Place } from './place.ts';
import { type SqlStatement, type SqlToken, splitStatements } from './sql-statements.ts';

/** The part of a migration that goes up, and where in its file it begins. */
export interface MigrationScript {
  /** Relative to the project. */
  readonly file: string;
  readonly sql: string;
  /** Line of the file that `sql` begins on. */
  readonly firstLine: number;
}

/** What the migrations of a project make of an empty database, and which line makes what. Plain data. */
export interface MigratedCatalog {
  readonly catalog: Catalog;
  /** By `schema.table`, `schema.table.column`, `schema.table.constraint` or `schema.table.index`: the statement that last changed it. */
  readonly places: Readonly<Record<string, Place>>;
  /** What existed and was dropped again, by the same names. */
  readonly dropped: Readonly<Record<string, Place>>;
  /** Words that no unquoted column can be called. */
  readonly reservedWords: readonly string[];
  /** The statement that PostgreSQL refused; nothing after it was run. */
  readonly failure?: { readonly place: Place; readonly message: string };
}

/** A database to run migrations in: an empty one. */
export interface Sandbox {
  readonly query: Query;
  exec(sql: string): Promise<unknown>;
}

/** Statements after which the catalog need not be read again. */
const CHANGES_NO_CATALOG = new Set(['comment', 'grant', 'revoke', 'insert', 'update', 'delete', 'analyze', 'set']);

/**
 * Runs migrations one statement at a time and looks at the catalog after each, so that a column, index or constraint is
 * traced to the line that made it whatever the SQL looks like, functions and DO blocks included.
 */
export async function runMigrations(sandbox: Sandbox, scripts: readonly MigrationScript[]): Promise<MigratedCatalog> {
  const places: Record<string, Place> = {};
  const dropped: Record<string, Place> = {};
  let catalog: Catalog = { relations: {} };
  let failure: MigratedCatalog['failure'];
  const reservedWords = (
    await sandbox.query("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T') ORDER BY word")
  ).map(({ word }) => String(word));
  for (const { file, sql, firstLine } of scripts) {
    await sandbox.exec('BEGIN');
    for (const statement of splitStatements(sql, firstLine)) {
      try {
        await sandbox.exec(statement.text);
      } catch (error) {
        failure = { place: failedAt(file, statement, error), message: error instanceof Error ? error.message : '' };
        break;
      }
      if (CHANGES_NO_CATALOG.has(statement.tokens[0]?.text ?? '')) continue;
      const next = await readCatalog(sandbox.query);
      traceChanges(catalog, next, statement, file, places, dropped);
      catalog = next;
    }
    await sandbox.exec(failure === undefined ? 'COMMIT' : 'ROLLBACK');
    if (failure !== undefined) break;
  }
  return { catalog, places, dropped, reservedWords, ...(failure === undefined ? {} : { failure }) };
}

function traceChanges(
  before: Catalog,
  after: Catalog,
  statement: SqlStatement,
  file: string,
  places: Record<string, Place>,
  dropped: Record<string, Place>,
): void {
  const old = partsOf(before);
  const now = partsOf(after);
  for (const [key, { names, state }] of now) {
    if (old.get(key)?.state === state) continue;
    places[key] = placeIn(statement, file, names);
    delete dropped[key];
  }
  for (const [key, { names }] of old) {
    if (now.has(key)) continue;
    dropped[key] = placeIn(statement, file, names);
    delete places[key];
  }
}

/** What may stand in a statement that makes a part, best first, and the part's state as text. */
interface Part {
  readonly names: readonly string[];
  readonly state: string;
}

/** Every named part of the catalog; a relation's own state leaves its parts out. */
function partsOf(catalog: Catalog): Map<string, Part> {
  const parts = new Map<string, Part>();
  for (const relation of Object.values(catalog.relations)) {
    const { name, kind, persistence, columns, uniqueIndexes, checks, foreignKeys } = relation;
    const own = name.slice(name.indexOf('.') + 1);
    parts.set(name, { names: [own], state: JSON.stringify([kind, persistence]) });
    for (const column of columns) {
      parts.set(`${name}.${column.name}`, { names: [column.name, own], state: JSON.stringify(column) });
    }
    for (const part of [...uniqueIndexes, ...checks, ...foreignKeys]) {
      // PostgreSQL names what the statement does not: then its columns lead to the line.
      const columns = (part.columns as readonly (string | null)[]).filter((column) => column !== null);
      const names = [part.name, ...columns, own];
      parts.set(`${name}.${part.name}`, { names, state: JSON.stringify(part) });
    }
  }
  return parts;
}

// A name stands after one of these where it is defined or altered, elsewhere where it is merely used.
const BEFORE_A_DEFINITION = new Set(['(', ',', 'column', 'add', 'alter', 'to', 'exists', 'index', 'constraint']);

function placeIn(statement: SqlStatement, file: string, names: readonly string[]): Place {
  const { tokens } = statement;
  let token: SqlToken | undefined;
  for (const name of names) {
    const found = tokens.flatMap(({ kind, text }, index) =>
      (kind === 'word' || kind === 'quoted') && text === name ? [index] : [],
    );
    const defined = found.find((index) => BEFORE_A_DEFINITION.has(tokens[index - 1]?.text ?? ''));
    token = tokens[defined ?? found[0] ?? -1];
    if (token !== undefined) break;
  }
  const { line, column } = token ?? tokens[0] ?? statement;
  return { file, line, column };
}

/** PostgreSQL counts the position of an error in characters of the statement, from 1. */
function failedAt(file: string, statement: SqlStatement, error: unknown): Place {
  const [first = statement] = statement.tokens;
  const position = Number((error as { position?: unknown }).position ?? 0);
  if (position < 1) return { file, line: first.line, column: first.column };
  const lines = statement.text.slice(0, position - 1).split('\n');
  const last = (lines.at(-1) ?? '').length;
  return {
    file,
    line: statement.line + lines.length - 1,
    column: lines.length === 1 ? statement.column + last : last + 1,
  };
}
