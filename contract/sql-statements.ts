/** One word, literal or sign of SQL text, and where it stands (from 1). */
export interface SqlToken {
  /** `word`: a name or keyword in lower case, or what a quoted name holds; `string`: a literal without its quotes. */
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'sign';
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

/** One statement of a script, without its semicolon. */
export interface SqlStatement {
  /** As written, comments included, from `line` and `column` on. */
  readonly text: string;
  readonly line: number;
  readonly column: number;
  readonly tokens: readonly SqlToken[];
}

const TOKEN = new RegExp(
  [
    String.raw`(?<space>\s+)`,
    String.raw`(?<comment>--[^\n]*)`,
    String.raw`(?<block>/\*)`,
    String.raw`(?<dollar>\$(?:[A-Za-z_][A-Za-z0-9_]*)?\$)`,
    String.raw`(?<escaped>[eE]'(?:[^'\\]|\\[\s\S]|'')*')`,
    "(?<string>'(?:[^']|'')*')",
    '(?<quoted>"(?:[^"]|"")*")',
    String.raw`(?<number>\d+(?:\.\d+)?)`,
    String.raw`(?<word>[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*)`,
    '(?<cast>::|<=|>=|<>|!=)',
    String.raw`(?<sign>[\s\S])`,
  ].join('|'),
  'y',
);

/**
 * Cuts a script into statements as psql does: semicolons inside literals, comments, dollar quotes, parentheses and
 * `BEGIN ATOMIC … END` bodies do not end one. `firstLine` is the line of the file that the text begins on.
 */
export function splitStatements(script: string, firstLine = 1): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let tokens: SqlToken[] = [];
  let begin = 0;
  let depth = 0;
  let atomic = 0;
  const end = (offset: number) => {
    if (tokens.length > 0) {
      const raw = script.slice(begin, offset);
      const start = begin + raw.length - raw.trimStart().length;
      const before = script.slice(0, start).split('\n');
      const line = firstLine + before.length - 1;
      statements.push({ text: raw.trim(), line, column: (before.at(-1) ?? '').length + 1, tokens });
    }
    tokens = [];
    begin = offset + 1;
    depth = 0;
    atomic = 0;
  };
  for (const { token, offset } of scan(script, firstLine)) {
    if (token.kind === 'sign') {
      if (token.text === '(') depth += 1;
      if (token.text === ')') depth -= 1;
      if (token.text === ';' && depth <= 0 && atomic === 0) {
        end(offset);
        continue;
      }
    }
    if (token.kind === 'word') {
      if (token.text === 'atomic' && tokens.at(-1)?.text === 'begin') atomic += 1;
      else if (atomic > 0 && token.text === 'case') atomic += 1;
      else if (atomic > 0 && token.text === 'end') atomic -= 1;
    }
    tokens.push(token);
  }
  end(script.length);
  return statements;
}

/** The tokens of a piece of SQL. */
export function sqlTokens(text: string): SqlToken[] {
  return [...scan(text, 1)].map(({ token }) => token);
}

function* scan(text: string, firstLine: number): Generator<{ token: SqlToken; offset: number }> {
  let line = firstLine;
  let lineStart = 0;
  let offset = 0;
  while (offset < text.length) {
    TOKEN.lastIndex = offset;
    const match = TOKEN.exec(text);
    if (match === null) return;
    const groups = match.groups ?? {};
    let piece = match[0];
    if (groups.block !== undefined) piece = blockComment(text, offset);
    if (groups.dollar !== undefined) {
      const close = text.indexOf(piece, offset + piece.length);
      piece = text.slice(offset, close < 0 ? text.length : close + piece.length);
    }
    const at = { line, column: offset - lineStart + 1 };
    const token = tokenOf(groups, piece);
    if (token !== undefined) yield { token: { ...token, ...at }, offset };
    for (let index = piece.indexOf('\n'); index >= 0; index = piece.indexOf('\n', index + 1)) {
      line += 1;
      lineStart = offset + index + 1;
    }
    offset += piece.length;
  }
}

function tokenOf(
  groups: Record<string, string | undefined>,
  piece: string,
): Pick<SqlToken, 'kind' | 'text'> | undefined {
  if (groups.space ?? groups.comment ?? groups.block) return undefined;
  if (groups.word !== undefined) return { kind: 'word', text: piece.toLowerCase() };
  if (groups.number !== undefined) return { kind: 'number', text: piece };
  if (groups.quoted !== undefined) return { kind: 'quoted', text: piece.slice(1, -1).replaceAll('""', '"') };
  if (groups.string !== undefined) return { kind: 'string', text: piece.slice(1, -1).replaceAll("''", "'") };
  if (groups.escaped !== undefined) return { kind: 'string', text: piece.slice(2, -1) };
  if (groups.dollar !== undefined) return { kind: 'string', text: piece };
  return { kind: 'sign', text: piece };
}

/** PostgreSQL's block comments nest. */
function blockComment(text: string, offset: number): string {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = offset;
  let depth = 0;
  for (let match = edge.exec(text); match !== null; match = edge.exec(text)) {
    depth += match[0] === '/*' ? 1 : -1;
    if (depth === 0) return text.slice(offset, edge.lastIndex);
  }
  return text.slice(offset);
}
