import { LineCounter, parseDocument } from 'yaml';
import { ConnectError } from '../../core/errors.ts';
import type { Place } from '../../pipeline/finding.ts';

/** Keys and indices from the root of a JSON document to one of its values. */
export type JsonPointer = readonly (string | number)[];

/** A JSON document that knows where its values stand. */
export interface JsonDocument {
  readonly value: unknown;
  /** Where the value at `pointer` begins; for one that is not there, its nearest enclosing value. */
  placeOf(pointer: JsonPointer): Place;
}

/** A node of the parsed tree: where it begins and ends in the text, as offsets. */
interface Ranged {
  readonly range?: readonly [number, number, number] | null;
}

/**
 * Parses JSON and keeps positions. JSON is also YAML, whose parser knows the place of every node. `JSON.parse` goes
 * first, so that nothing but JSON passes. Errors: INVALID_DEFINITION with the place, also for a key that stands twice.
 */
export function parseJsonWithPositions(text: string, file: string): JsonDocument {
  const source = text.replace(/^\uFEFF/, '');
  const value = parseStrictly(source, file);
  const lines = new LineCounter();
  const tree = parseDocument(source, { lineCounter: lines, schema: 'json' });
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  // YAML may object to more, tabs before a value for example. JSON allows that.
  const twice = tree.errors.find(({ code }) => code === 'DUPLICATE_KEY');
  if (twice !== undefined) throw invalidJson(placeAt(twice.pos[0]), 'the same key stands here twice');
  return {
    value,
    placeOf(pointer) {
      for (let depth = pointer.length; depth > 0; depth -= 1) {
        const node = tree.getIn(pointer.slice(0, depth), true) as Ranged | undefined;
        if (node?.range) return placeAt(node.range[0]);
      }
      return placeAt(tree.contents?.range?.[0] ?? 0);
    },
  };
}

function parseStrictly(source: string, file: string): unknown {
  try {
    return JSON.parse(source) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const offset = offsetOf(reason, source);
    const before = source.slice(0, offset).split('\n');
    const place = { file, line: before.length, column: (before.at(-1) ?? '').length + 1 };
    throw invalidJson(place, `not JSON: ${reason.replace(/( in JSON at position|, (\.\.\.)?").*$/s, '')}`);
  }
}

/** Where V8 met the problem: it tells an offset, or the unexpected token amid ten characters to each side, or the end. */
function offsetOf(reason: string, source: string): number {
  const stated = /at position (\d+)/.exec(reason)?.[1];
  if (stated !== undefined) return Number(stated);
  const amid = /^Unexpected token '(.)', (\.\.\.)?"(.*)"(\.\.\.)? is not valid JSON$/su.exec(reason);
  if (amid === null) return source.length;
  const [, token = '', cut, snippet = ''] = amid;
  return source.indexOf(token, source.indexOf(snippet) + (cut === undefined ? 0 : 10));
}

function invalidJson(place: Place, message: string): ConnectError {
  return new ConnectError('INVALID_DEFINITION', `${place.file} is not valid JSON`, {
    details: { problems: [{ ...place, message }] },
    hint: 'an Avro schema (.avsc) is plain JSON: no comments, no trailing commas',
  });
}
