import { type Document, isAlias, isMap, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import type { Place, Problem } from './finding.ts';

/** Keys and indexes from the document's root to a value. */
export type Path = readonly (string | number)[];

/** One parsed YAML file whose values know where they stand. */
export type YamlFile = ReturnType<typeof parseYamlFile>;

/**
 * Parses YAML 1.2 (core schema). Duplicate keys are refused, anchors and aliases are followed.
 * The library's own messages quote the source line, which may hold a secret, so positions are ours (`prettyErrors: false`).
 */
export function parseYamlFile(file: string, text: string) {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
    stringKeys: true,
    lineCounter: lines,
  });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const at = (offset: number, message: string): Problem => ({ ...placeAt(offset), message });
  const problems = [...document.errors, ...document.warnings].map((error) => at(error.pos[0], yamlMessage(error)));
  let data: unknown;
  if (problems.length === 0) {
    try {
      data = document.toJS({ maxAliasCount: 100 });
    } catch {
      problems.push(at(0, 'aliases (*name) that multiply without end, or that name no anchor, are not allowed'));
    }
  }
  return {
    /** Relative to the project. */
    file,
    /** The values as plain data; undefined when the file is not valid YAML (see `problems`). */
    data,
    /** What YAML itself has to say: syntax, duplicate keys, unknown tags. */
    problems: problems as readonly Problem[],
    /** Whether the file says anything at that path. */
    has: (path: Path) => valueAt(data, path) !== undefined,
    /** Where the value stands, or the nearest parent that exists. */
    placeOf: (path: Path) => placeAt(offsetOf(document, path, false)),
    /** A problem at the value of `path`, or at the nearest parent that exists. */
    problemAt: (path: Path, message: string) => at(offsetOf(document, path, false), message),
    /** A problem at the key that `path` ends with. */
    problemAtKey: (path: Path, message: string) => at(offsetOf(document, path, true), message),
  };
}

/** What plain data holds at a path; undefined for nothing. */
export function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function yamlMessage(error: { code: string; message: string }): string {
  if (error.code === 'DUPLICATE_KEY') return 'this key is written twice; keep one of the two';
  if (error.code === 'MULTIPLE_DOCS') return 'one document only; remove the part after ---';
  if (error.code === 'TAG_RESOLVE_FAILED') return 'tags (!name) are not allowed; write a plain value';
  // Everything after the first sentence may quote the source.
  return `not valid YAML: ${error.message.split(/[:.] /)[0]}`;
}

function offsetOf(document: Document.Parsed, path: Path, ofKey: boolean): number {
  let node: Node | null | undefined = document.contents;
  let offset = start(node) ?? 0;
  for (const [index, step] of path.entries()) {
    const pair = childOf(document, node, step);
    if (pair === undefined) return offset;
    const isLast = index === path.length - 1;
    const keyOffset = start(pair.key);
    offset = (isLast && !ofKey ? start(pair.value) : undefined) ?? keyOffset ?? start(pair.value) ?? offset;
    node = pair.value;
  }
  return offset;
}

/** The key and the value, or an item of a list, at one step below a node. */
function childOf(document: Document.Parsed, parent: Node | null | undefined, step: string | number) {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isMap(node)) {
    return (node.items as Pair<Node, Node | null>[]).find((item) => keyText(item.key) === String(step));
  }
  const value = isSeq(node) ? (node.items[Number(step)] as Node | undefined) : undefined;
  return value === undefined ? undefined : { key: null, value };
}

const keyText = (key: Node | null): string => String((key as { value?: unknown } | null)?.value ?? '');

const start = (node: Node | null | undefined): number | undefined => node?.range?.[0];
