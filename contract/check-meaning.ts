import { type SqlToken, sqlTokens } from './sql-statements.ts';

/** What a CHECK lets a single column be. Bounds are inclusive; lengths are in characters. */
export interface ColumnLimit {
  readonly column: string;
  /** The only values, as text. */
  readonly values?: readonly string[];
  readonly minimum?: Bound;
  readonly maximum?: Bound;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Anything but the empty text. */
  readonly notEmpty?: true;
}

/** A decimal bound; `strict` excludes it. */
export interface Bound {
  readonly value: string;
  readonly strict: boolean;
}

/**
 * What a CHECK means, as limits that hold together, when it is made of comparisons of one column with literals, IN, = ANY,
 * BETWEEN and length(), joined by AND. Undefined for everything else: such a check is then not known to hold.
 */
export function checkMeaning(expression: string): readonly ColumnLimit[] | undefined {
  const parser = new Parser(withoutCasts(sqlTokens(expression)));
  const limits = parser.conjunction();
  return parser.atEnd ? limits : undefined;
}

/** PostgreSQL prints a cast behind each literal and most columns: `(side)::text`, `'Long'::character varying(10)`, `ARRAY[…]::text[]`. */
function withoutCasts(tokens: readonly SqlToken[]): SqlToken[] {
  const kept: SqlToken[] = [];
  for (let index = 0; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token === undefined) break;
    if (token.text !== '::') {
      kept.push(token);
      continue;
    }
    index += 1;
    // Types of more than one word, a modifier, and array brackets belong to the cast.
    while (/^(varying|precision|with|without|time|zone)$/.test(tokens[index + 1]?.text ?? '')) index += 1;
    if (tokens[index + 1]?.text === '(') index = closing(tokens, index + 1);
    while (tokens[index + 1]?.text === '[' && tokens[index + 2]?.text === ']') index += 2;
  }
  return kept;
}

function closing(tokens: readonly SqlToken[], open: number): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index += 1) {
    if (tokens[index]?.text === '(') depth += 1;
    if (tokens[index]?.text === ')') depth -= 1;
    if (depth === 0) return index;
  }
  return tokens.length;
}

type Operand =
  | { readonly kind: 'column' | 'length'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string }
  | { readonly kind: 'list'; readonly values: readonly string[] };

const SWAPPED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=', '=': '=', '<>': '<>' };

class Parser {
  #index = 0;
  readonly #tokens: readonly SqlToken[];

  constructor(tokens: readonly SqlToken[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#index >= this.#tokens.length;
  }

  conjunction(): readonly ColumnLimit[] | undefined {
    const limits: ColumnLimit[] = [];
    do {
      const next = this.#condition();
      if (next === undefined) return undefined;
      limits.push(...next);
    } while (this.#take('and'));
    return limits;
  }

  #condition(): readonly ColumnLimit[] | undefined {
    const start = this.#index;
    if (this.#take('(')) {
      const inner = this.conjunction();
      if (inner !== undefined && this.#take(')') && !this.#isComparison()) return inner;
      this.#index = start;
    }
    const left = this.#operand();
    const operator = this.#comparison();
    const right = operator === undefined ? undefined : this.#operand();
    if (left === undefined || operator === undefined || right === undefined) return undefined;
    const limit =
      left.kind === 'literal' ? meaning(right, SWAPPED[operator] ?? '', left) : meaning(left, operator, right);
    return limit === undefined ? undefined : [limit];
  }

  #isComparison(): boolean {
    return Object.hasOwn(SWAPPED, this.#tokens[this.#index]?.text ?? '');
  }

  #comparison(): string | undefined {
    if (!this.#isComparison()) return undefined;
    const operator = this.#tokens[this.#index]?.text;
    this.#index += 1;
    return operator;
  }

  #operand(): Operand | undefined {
    if (this.#take('(')) {
      const inner = this.#operand();
      return inner !== undefined && this.#take(')') ? inner : undefined;
    }
    if (this.#take('any')) return this.#operand();
    if (this.#take('array')) return this.#list();
    const negative = this.#take('-');
    const token = this.#tokens[this.#index];
    if (token === undefined) return undefined;
    this.#index += 1;
    if (token.kind === 'number') return { kind: 'literal', value: negative ? `-${token.text}` : token.text };
    if (negative) return undefined;
    if (token.kind === 'string') return { kind: 'literal', value: token.text };
    if (/^(length|char_length|character_length)$/.test(token.text) && this.#tokens[this.#index]?.text === '(') {
      const inner = this.#operand();
      return inner?.kind === 'column' ? { kind: 'length', name: inner.name } : undefined;
    }
    if (this.#tokens[this.#index]?.text === '(') return undefined;
    return token.kind === 'word' || token.kind === 'quoted' ? { kind: 'column', name: token.text } : undefined;
  }

  #list(): Operand | undefined {
    if (!this.#take('[')) return undefined;
    const values: string[] = [];
    do {
      const item = this.#operand();
      if (item?.kind !== 'literal') return undefined;
      values.push(item.value);
    } while (this.#take(','));
    return this.#take(']') ? { kind: 'list', values } : undefined;
  }

  #take(text: string): boolean {
    const token = this.#tokens[this.#index];
    if (token === undefined || token.kind === 'string' || token.text !== text) return false;
    this.#index += 1;
    return true;
  }
}

function meaning(left: Operand, operator: string, right: Operand): ColumnLimit | undefined {
  if (left.kind === 'column' && right.kind === 'list' && operator === '=') {
    return { column: left.name, values: right.values };
  }
  if (right.kind !== 'literal') return undefined;
  const { value } = right;
  if (left.kind === 'length') return lengthLimit(left.name, operator, Number(value));
  if (left.kind !== 'column') return undefined;
  switch (operator) {
    case '=':
      return { column: left.name, values: [value] };
    case '<>':
      return value === '' ? { column: left.name, notEmpty: true } : undefined;
    case '>':
    case '>=':
      return isNumber(value) ? { column: left.name, minimum: { value, strict: operator === '>' } } : undefined;
    default:
      return isNumber(value) ? { column: left.name, maximum: { value, strict: operator === '<' } } : undefined;
  }
}

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);

function lengthLimit(column: string, operator: string, length: number): ColumnLimit | undefined {
  switch (operator) {
    case '=':
      return { column, minLength: length, maxLength: length };
    case '>':
      return { column, minLength: length + 1 };
    case '>=':
      return { column, minLength: length };
    case '<':
      return { column, maxLength: length - 1 };
    case '<=':
      return { column, maxLength: length };
    default:
      return undefined;
  }
}
