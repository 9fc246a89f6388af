import type { Node, ScanToken } from 'libpg-query';
import type { Place } from '../pipeline/finding.ts';

/** SQL that stands in a file of the project. */
export interface SqlScript {
  /** Relative to the project. */
  readonly file: string;
  readonly sql: string;
  /** Line of the file that `sql` begins on. */
  readonly firstLine: number;
  /** A migration's step, which does not share a transaction with the others; else the script is one transaction. */
  readonly step?: { readonly forEachRow: boolean } | undefined;
}

/** One statement of a script, without its semicolon and without comments around it. */
export interface SqlStatement {
  readonly text: string;
  /** PostgreSQL's own parse tree. */
  readonly tree: Node;
  /** In order, without comments. */
  readonly tokens: readonly SqlToken[];
  /** Where a character of `text` stands in the file; counted from 1, as PostgreSQL does in its errors. */
  placeOf(position: number): Place;
}

/** One word, literal or sign, and where it stands in the file. */
export interface SqlToken {
  /** As written. */
  readonly text: string;
  /** What it names; undefined for a literal or sign. Keywords count as well: most of them can be names. */
  readonly name: string | undefined;
  readonly place: Place;
}

/** The statements of a script; none, and the spot, when PostgreSQL's grammar refuses it. */
export interface ParsedScript {
  readonly statements: readonly SqlStatement[];
  readonly failure?: { readonly place: Place; readonly message: string } | undefined;
}

// Loaded only when SQL is read: the WASM takes 30 ms.
const loadParser = () => import('libpg-query');

/** Reads a script with PostgreSQL's grammar and lexer. Their offsets count bytes of UTF-8. */
export async function parseScript(script: SqlScript): Promise<ParsedScript> {
  const { parse, scan, hasSqlDetails } = await loadParser();
  const { sql } = script;
  const bytes = Buffer.from(sql);
  const upTo = (byte: number): string => bytes.toString('utf8', 0, byte);
  try {
    const [{ stmts = [] }, scanned] = await Promise.all([parse(sql), scan(sql)]);
    const words = scanned.tokens.filter(({ tokenName }) => !/_COMMENT$/.test(tokenName));
    const statements = stmts.map(({ stmt, stmt_location: from = 0, stmt_len }) => {
      const to = stmt_len === undefined ? bytes.length : from + stmt_len;
      const own = words.filter(({ start, end }) => start >= from && end <= to);
      const start = own[0]?.start ?? from;
      const text = bytes.toString('utf8', start, own.at(-1)?.end ?? to);
      return {
        text,
        tree: stmt as Node,
        tokens: own.map((token) => ({
          text: token.text,
          name: nameOf(token),
          get place() {
            return placeAfter(script, upTo(token.start));
          },
        })),
        placeOf: (position: number) => placeAfter(script, upTo(start) + characters(text, position - 1)),
      };
    });
    return { statements };
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const place = placeAfter(script, characters(sql, error.sqlDetails?.cursorPosition ?? 0));
    return { statements: [], failure: { place, message: error.message } };
  }
}

/** The tree of one expression. Errors: the parser's own for a text that is not an expression. */
export async function parseExpression(text: string): Promise<Node | undefined> {
  const { parse } = await loadParser();
  const { stmts: [statement] = [] } = await parse(`SELECT ${text}`);
  const select = statement?.stmt;
  const [target] = select !== undefined && 'SelectStmt' in select ? (select.SelectStmt.targetList ?? []) : [];
  return target !== undefined && 'ResTarget' in target ? target.ResTarget.val : undefined;
}

function nameOf({ text, tokenName, keywordKind }: ScanToken): string | undefined {
  if (tokenName !== 'IDENT' && keywordKind === 0) return undefined;
  return text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase();
}

/** PostgreSQL counts a character outside of the basic plane once, JavaScript twice. */
const characters = (text: string, count: number): string => [...text].slice(0, count).join('');

function placeAfter({ file, firstLine }: SqlScript, before: string): Place {
  const lines = before.split('\n');
  return { file, line: firstLine + lines.length - 1, column: (lines.at(-1) ?? '').length + 1 };
}
