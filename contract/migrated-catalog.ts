import type { Place } from '../pipeline/finding.ts';
import { type Catalog, readCatalog } from './catalog.ts';
import { type ColumnLimit, checkMeaning } from './check-meaning.ts';
import { type GroupRights, readGroupRights } from './group-rights.ts';
import { type Sandbox, SandboxLimit } from './sandbox.ts';
import { parseScript, type SqlScript, type SqlStatement } from './sql-parser.ts';

/** What the migrations of a project make of an empty database, and which line makes what. Plain data. */
export interface MigratedCatalog {
  readonly catalog: Catalog;
  /**
   * The statement that last changed it, by `schema.table`, `schema.table.column`, `schema.table.constraint`,
   * `schema.table.index`, `schema.table.trigger.name` (or rule, policy), or `function.schema.name(types)`.
   */
  readonly places: Readonly<Record<string, Place>>;
  /** What existed and was dropped again, by the same names. */
  readonly dropped: Readonly<Record<string, Place>>;
  /** What each CHECK that can be put into limits means, by `schema.table.constraint`. */
  readonly limits: Readonly<Record<string, readonly ColumnLimit[]>>;
  /** Words that no unquoted column can be called. */
  readonly reservedWords: readonly string[];
  /** What the group roles may do; undefined where no migration knows them. */
  readonly rights?: GroupRights | undefined;
  /** The statement that PostgreSQL refused; nothing after it was run. */
  readonly failure?: MigrationFailure | undefined;
}

interface MigrationFailure {
  readonly place: Place;
  readonly message: string;
  /** It took too long or too much, which it may not do on another day. */
  readonly isLimit?: true | undefined;
}

/** What no migrations make. */
export const NO_MIGRATIONS: MigratedCatalog = {
  catalog: { relations: {}, functions: {} },
  places: {},
  dropped: {},
  limits: {},
  reservedWords: [],
};

/** Statements that cannot change the catalog. */
const CHANGES_NO_CATALOG = new Set([
  'CommentStmt',
  'GrantRoleStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'VacuumStmt',
  'VariableSetStmt',
]);

/**
 * Runs migrations one statement at a time and looks at the catalog after each, so that a column, index or constraint is
 * traced to the line that made it whatever the SQL looks like, functions and DO blocks included. Steps run twice: one that was
 * interrupted is run again.
 */
export async function runMigrations(sandbox: Sandbox, scripts: readonly SqlScript[]): Promise<MigratedCatalog> {
  const places: Record<string, Place> = {};
  const dropped: Record<string, Place> = {};
  let { catalog } = NO_MIGRATIONS;
  const reservedWords = (
    await sandbox.query("SELECT word FROM pg_get_keywords() WHERE catcode IN ('R', 'T') ORDER BY word")
  ).map(({ word }) => String(word));
  const trace = async (statement: SqlStatement): Promise<void> => {
    if (Object.keys(statement.tree).some((kind) => CHANGES_NO_CATALOG.has(kind))) return;
    const next = await readCatalog(sandbox.query);
    traceChanges(catalog, next, statement, places, dropped);
    catalog = next;
  };
  let failure: MigratedCatalog['failure'];
  for (const script of scripts) {
    failure = await runScript(sandbox, script, trace);
    if (failure === undefined && script.step !== undefined) failure = await repeatStep(sandbox, script);
    if (failure !== undefined) break;
  }
  // Of migrations that fail another finding tells, and a sandbox that was ended answers nothing.
  const rights = failure === undefined ? await readGroupRights(sandbox.query) : undefined;
  return { catalog, places, dropped, limits: await limitsOf(catalog), reservedWords, rights, failure };
}

/** Runs migrations that are known to run, and looks at nothing. */
export async function applyScripts(sandbox: Sandbox, scripts: readonly SqlScript[]): Promise<void> {
  for (const script of scripts) await runScript(sandbox, script, async () => {});
}

async function runScript(
  { exec, query }: Sandbox,
  script: SqlScript,
  trace: (statement: SqlStatement) => Promise<void>,
): Promise<MigratedCatalog['failure']> {
  const { statements, failure } = await parseScript(script);
  if (failure !== undefined) return failure;
  // Some statements run in no transaction; such a one is a step of its own.
  const isTransaction = script.step === undefined || statements.length > 1;
  const isQuery = script.step?.forEachRow === true;
  if (isTransaction) await exec('BEGIN');
  for (const statement of statements) {
    try {
      if (!isQuery) await exec(statement.text);
      else for (const row of await query(statement.text)) await exec(String(Object.values(row)[0]));
    } catch (error) {
      if (error instanceof SandboxLimit) return { place: statement.placeOf(1), message: error.message, isLimit: true };
      if (isTransaction) await exec('ROLLBACK');
      const place = isQuery ? statement.placeOf(1) : failedAt(statement, error);
      return { place, message: error instanceof Error ? error.message : '' };
    }
    await trace(statement);
  }
  if (isTransaction) await exec('COMMIT');
  return undefined;
}

async function repeatStep(sandbox: Sandbox, script: SqlScript): Promise<MigratedCatalog['failure']> {
  const failure = await runScript(sandbox, script, async () => {});
  if (failure === undefined) return undefined;
  const message = `a step that was interrupted is run again, and this one cannot be: ${failure.message}`;
  return { ...failure, message };
}

async function limitsOf({ relations }: Catalog): Promise<MigratedCatalog['limits']> {
  const limits: Record<string, readonly ColumnLimit[]> = {};
  for (const { name, checks } of Object.values(relations)) {
    for (const check of checks) {
      const meaning = await checkMeaning(check.expression);
      if (meaning !== undefined) limits[`${name}.${check.name}`] = meaning;
    }
  }
  return limits;
}

function traceChanges(
  before: Catalog,
  after: Catalog,
  statement: SqlStatement,
  places: Record<string, Place>,
  dropped: Record<string, Place>,
): void {
  const old = partsOf(before);
  const now = partsOf(after);
  for (const [key, { names, state }] of now) {
    if (old.get(key)?.state === state) continue;
    places[key] = placeOfNames(statement, names);
    delete dropped[key];
  }
  for (const [key, { names }] of old) {
    if (now.has(key)) continue;
    dropped[key] = placeOfNames(statement, names);
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
    const { name, kind, persistence, columns, uniqueIndexes, checks, foreignKeys, exclusions } = relation;
    const { triggers, rules, policies, rowSecurity, ownerLacks } = relation;
    const own = name.slice(name.indexOf('.') + 1);
    parts.set(name, { names: [own], state: JSON.stringify([kind, persistence, rowSecurity, ownerLacks]) });
    for (const column of columns) {
      // What changes a collation changes a whole table's: the line that made the column says more.
      const state = JSON.stringify({ ...column, collation: undefined });
      parts.set(`${name}.${column.name}`, { names: [column.name, own], state });
    }
    for (const part of [...uniqueIndexes, ...checks, ...foreignKeys, ...exclusions]) {
      // PostgreSQL names what the statement does not: then its columns lead to the line.
      const columns = (part.columns as readonly (string | null)[]).filter((column) => column !== null);
      const names = [part.name, ...columns, own];
      parts.set(`${name}.${part.name}`, { names, state: JSON.stringify(part) });
    }
    for (const [what, ones] of Object.entries({ trigger: triggers, rule: rules, policy: policies })) {
      for (const one of ones) {
        parts.set(`${name}.${what}.${one.name}`, { names: [one.name, own], state: JSON.stringify(one) });
      }
    }
  }
  for (const [signature, hash] of Object.entries(catalog.functions)) {
    const [, name = ''] = /\.([^.(]+)\(/.exec(signature) ?? [];
    parts.set(`function.${signature}`, { names: [name], state: hash });
  }
  return parts;
}

// A name stands after one of these where it is defined or altered, elsewhere where it is merely used.
const BEFORE_A_DEFINITION = new Set(
  '( , column add alter to exists index constraint trigger function rule policy'.split(' '),
);

/** The tree gives no place to the names of indexes, constraints and altered columns; the tokens do. */
function placeOfNames({ tokens, placeOf }: SqlStatement, names: readonly string[]): Place {
  for (const name of names) {
    const isDefined = (index: number): boolean => BEFORE_A_DEFINITION.has(tokens[index - 1]?.text.toLowerCase() ?? '');
    const found = tokens.filter((token) => token.name === name);
    const token = found.find((one) => isDefined(tokens.indexOf(one))) ?? found[0];
    if (token !== undefined) return token.place;
  }
  return placeOf(1);
}

/** Where PostgreSQL says that the error is. */
const failedAt = ({ placeOf }: SqlStatement, error: unknown): Place =>
  placeOf(Math.max(1, Number((error as { position?: unknown }).position ?? 1)));
