import type { Node } from 'libpg-query';
import { parseExpression } from './sql-parser.ts';

/** What a CHECK lets a single column be. Bounds are inclusive; lengths are in characters. */
export interface ColumnLimit {
  readonly column: string;
  /** The only values, as text. */
  readonly values?: readonly string[] | undefined;
  readonly minimum?: Bound | undefined;
  readonly maximum?: Bound | undefined;
  readonly minLength?: number | undefined;
  readonly maxLength?: number | undefined;
  /** Anything but the empty text. */
  readonly notEmpty?: true | undefined;
}

/** A decimal bound; `strict` excludes it. */
export interface Bound {
  readonly value: string;
  readonly strict: boolean;
}

/**
 * What a CHECK means, as limits that hold together. It may compare one column, or its length, with literals, by IN or
 * BETWEEN as well, and join comparisons by AND. Undefined for everything else: nobody can tell whether such a check holds.
 * Takes the expression as PostgreSQL prints it: IN is `= ANY (ARRAY[…])`, and a cast stands behind most columns and literals.
 */
export async function checkMeaning(expression: string): Promise<readonly ColumnLimit[] | undefined> {
  return limitsOf(await parseExpression(expression));
}

function limitsOf(node: Node | undefined): readonly ColumnLimit[] | undefined {
  if (node === undefined) return undefined;
  if ('BoolExpr' in node && node.BoolExpr.boolop === 'AND_EXPR') {
    const parts = (node.BoolExpr.args ?? []).map(limitsOf);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (!('A_Expr' in node)) return undefined;
  const { kind, name, lexpr, rexpr } = node.A_Expr;
  const operator = textOf(name?.[0]) ?? '';
  const left = operandOf(lexpr);
  if (kind === 'AEXPR_OP_ANY') {
    const values = operator === '=' ? listOf(rexpr) : undefined;
    return left?.kind === 'column' && values !== undefined ? [{ column: left.name, values }] : undefined;
  }
  const right = operandOf(rexpr);
  if (kind !== 'AEXPR_OP' || left === undefined || right === undefined) return undefined;
  const limit =
    left.kind === 'literal' ? meaning(right, SWAPPED[operator] ?? '', left) : meaning(left, operator, right);
  return limit === undefined ? undefined : [limit];
}

type Operand =
  | { readonly kind: 'column' | 'length'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string };

const SWAPPED: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=', '=': '=', '<>': '<>' };

function operandOf(node: Node | undefined): Operand | undefined {
  if (node === undefined) return undefined;
  if ('TypeCast' in node) return operandOf(node.TypeCast.arg);
  if ('A_Const' in node) {
    const { ival, fval, sval } = node.A_Const;
    // The tree leaves out zeros and empty texts.
    if (ival !== undefined) return { kind: 'literal', value: String(ival.ival ?? 0) };
    const value = fval?.fval ?? (sval === undefined ? undefined : (sval.sval ?? ''));
    return value === undefined ? undefined : { kind: 'literal', value };
  }
  if ('ColumnRef' in node) {
    const { fields: [field, ...more] = [] } = node.ColumnRef;
    const name = textOf(field);
    return name === undefined || more.length > 0 ? undefined : { kind: 'column', name };
  }
  if ('FuncCall' in node) {
    const { funcname, args: [arg] = [] } = node.FuncCall;
    const inner = operandOf(arg);
    const isLength = /^(length|char_length|character_length)$/.test(textOf(funcname?.at(-1)) ?? '');
    return isLength && inner?.kind === 'column' ? { kind: 'length', name: inner.name } : undefined;
  }
  return undefined;
}

/** The literals of an array. */
function listOf(node: Node | undefined): readonly string[] | undefined {
  if (node === undefined) return undefined;
  if ('TypeCast' in node) return listOf(node.TypeCast.arg);
  if (!('A_ArrayExpr' in node)) return undefined;
  const items = (node.A_ArrayExpr.elements ?? []).map(operandOf);
  return items.every((item) => item?.kind === 'literal') ? items.map(({ value }) => value) : undefined;
}

const textOf = (node: Node | undefined): string | undefined =>
  node !== undefined && 'String' in node ? node.String.sval : undefined;

function meaning(left: Operand, operator: string, right: Operand): ColumnLimit | undefined {
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
    case '<':
    case '<=':
      return isNumber(value) ? { column: left.name, maximum: { value, strict: operator === '<' } } : undefined;
    default:
      return undefined;
  }
}

const isNumber = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text);

function lengthLimit(column: string, operator: string, length: number): ColumnLimit | undefined {
  const limits: Readonly<Record<string, Omit<ColumnLimit, 'column'>>> = {
    '=': { minLength: length, maxLength: length },
    '>': { minLength: length + 1 },
    '>=': { minLength: length },
    '<': { maxLength: length - 1 },
    '<=': { maxLength: length },
  };
  const limit = limits[operator];
  return limit && { column, ...limit };
}
