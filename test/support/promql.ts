import { parser } from '@prometheus-io/lezer-promql';
import { keyOf, NAME, type Scrapes, type SeriesValue } from './scrapes.ts';

type Node = ReturnType<typeof parser.parse>['topNode'];
type Vector = readonly SeriesValue[];

interface Context {
  readonly scrapes: Scrapes;
  /** When, ms. */
  readonly at: number;
  /** Ranges (`[10m]`) are divided by it, so that a test need not wait for them. */
  readonly speedUp: number;
  readonly text: string;
}

/**
 * The value of an expression of Prometheus, for what the alert rules use of that language. Anything else is an error, and so
 * is what Prometheus' own grammar does not know.
 */
export function evaluate(text: string, scrapes: Scrapes, at: number, { speedUp = 1 } = {}): Vector {
  const tree = parser.parse(text);
  tree.iterate({
    enter: (node) => {
      if (node.type.isError)
        throw new Error(`no expression: ${text.slice(0, node.from)}⟨here⟩${text.slice(node.from)}`);
    },
  });
  const [root] = childrenOf(tree.topNode);
  const value = root === undefined ? 0 : resultOf(root, { scrapes, at, speedUp, text });
  if (typeof value === 'number') throw new Error(`a number alone is no alert: ${text}`);
  return value;
}

const childrenOf = (node: Node): Node[] => {
  const found: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) found.push(child);
  return found;
};
const wordOf = ({ from, to }: Node, { text }: Context): string => text.slice(from, to);

function resultOf(node: Node, context: Context): Vector | number {
  const children = childrenOf(node);
  const [first] = children;
  switch (node.name) {
    case 'ParenExpr':
      return resultOf(first as Node, context);
    case 'NumberDurationLiteral':
      return Number(wordOf(node, context));
    case 'VectorSelector':
      return select(node, context);
    case 'AggregateExpr':
      return aggregate(children, context);
    case 'FunctionCall':
      return call(children, context);
    case 'BinaryExpr':
      return operate(children, context);
    default:
      throw new Error(`alert rules use no ${node.name}: ${wordOf(node, context)}`);
  }
}

const vectorOf = (node: Node, context: Context): Vector => {
  const value = resultOf(node, context);
  if (typeof value === 'number') throw new Error(`${wordOf(node, context)} is a number`);
  return value;
};

function select(node: Node, context: Context): Vector {
  return context.scrapes.at(context.at, matcherOf(node, context));
}

function matcherOf(node: Node, context: Context): (labels: SeriesValue['labels']) => boolean {
  const [name, matchers] = childrenOf(node);
  const tests = (matchers === undefined ? [] : childrenOf(matchers)).map((matcher) => {
    const [label = '', operator, literal = ''] = childrenOf(matcher).map((child) => wordOf(child, context));
    const wanted = JSON.parse(literal) as string;
    const pattern = new RegExp(`^(?:${wanted})$`);
    return (labels: SeriesValue['labels']) => {
      const value = labels[label] ?? '';
      const isMatch = operator?.endsWith('~') === true ? pattern.test(value) : value === wanted;
      return isMatch === operator?.startsWith('=');
    };
  });
  const wanted = wordOf(name as Node, context);
  return (labels) => labels[NAME] === wanted && tests.every((matches) => matches(labels));
}

const COMBINE: Readonly<Record<string, (values: readonly number[]) => number>> = {
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
};

/** `max by (a, b) (vector)`. */
function aggregate([operator, modifier, body]: readonly Node[], context: Context): Vector {
  const combine = COMBINE[wordOf(operator as Node, context)];
  const [by, grouping] = childrenOf(modifier as Node);
  if (combine === undefined || by?.name !== 'By' || grouping === undefined)
    throw new Error(`not known: ${context.text}`);
  const names = childrenOf(grouping).map((label) => wordOf(label, context));
  const groups = new Map<string, { labels: SeriesValue['labels']; values: number[] }>();
  for (const { labels, value } of vectorOf(childrenOf(body as Node)[0] as Node, context)) {
    const kept = Object.fromEntries(
      names.flatMap((name) => (labels[name] === undefined ? [] : [[name, labels[name]]])),
    );
    const group = groups.get(keyOf(kept)) ?? { labels: kept, values: [] };
    group.values.push(value);
    groups.set(keyOf(kept), group);
  }
  return [...groups.values()].map(({ labels, values }) => ({ labels, value: combine(values) }));
}

function call([name, body]: readonly Node[], context: Context): Vector | number {
  const [argument] = childrenOf(body as Node);
  switch (wordOf(name as Node, context)) {
    case 'time':
      return context.at / 1_000;
    case 'absent':
      return vectorOf(argument as Node, context).length === 0 ? [{ labels: {}, value: 1 }] : [];
    case 'delta':
      return overRange(argument as Node, context, (values) => (values.at(-1) ?? 0) - (values[0] ?? 0));
    default:
      throw new Error(`not known: ${wordOf(name as Node, context)}`);
  }
}

/** Without the extrapolation to the ends of the range, which changes no sign. */
function overRange(node: Node, context: Context, of: (values: readonly number[]) => number): Vector {
  const [selector, range] = childrenOf(node);
  const from = context.at - milliseconds(wordOf(range as Node, context)) / context.speedUp;
  return context.scrapes
    .between(from, context.at, matcherOf(selector as Node, context))
    .filter(({ values }) => values.length > 1)
    .map(({ labels, values }) => ({ labels: withoutName(labels), value: of(values) }));
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '<': (a, b) => a < b,
  '==': (a, b) => a === b,
};
const COMPUTE: Readonly<Record<string, (a: number, b: number) => number>> = {
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
};

function operate([left, operator, right]: readonly Node[], context: Context): Vector | number {
  const word = wordOf(operator as Node, context);
  if (word === 'or' || word === 'and') {
    const [a, b] = [vectorOf(left as Node, context), vectorOf(right as Node, context)];
    const keys = (vector: Vector) => new Set(vector.map(({ labels }) => keyOf(withoutName(labels))));
    const has = (of: Set<string>) => (value: SeriesValue) => of.has(keyOf(withoutName(value.labels)));
    const [inA, inB] = [has(keys(a)), has(keys(b))];
    return word === 'and' ? a.filter(inB) : [...a, ...b.filter((value) => !inA(value))];
  }
  const [a, b] = [resultOf(left as Node, context), resultOf(right as Node, context)];
  const compute = COMPUTE[word];
  if (compute !== undefined) {
    if (typeof a === 'number' && typeof b === 'number') return compute(a, b);
    if (typeof a === 'number' && typeof b !== 'number') return mapped(b, (value) => compute(a, value));
    if (typeof b === 'number' && typeof a !== 'number') return mapped(a, (value) => compute(value, b));
  }
  const compare = COMPARE[word];
  if (compare === undefined || typeof a === 'number' || typeof b !== 'number')
    throw new Error(`not known: ${context.text}`);
  return a.filter(({ value }) => compare(value, b));
}

const mapped = (vector: Vector, of: (value: number) => number): Vector =>
  vector.map(({ labels, value }) => ({ labels: withoutName(labels), value: of(value) }));

function withoutName({ [NAME]: _name, ...labels }: SeriesValue['labels']): SeriesValue['labels'] {
  return labels;
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `10m` and the like. */
export function milliseconds(duration: string): number {
  const [, amount, unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new Error(`no duration: ${duration}`);
  return Number(amount) * factor;
}
