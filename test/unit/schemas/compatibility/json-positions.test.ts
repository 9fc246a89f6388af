import { describe, expect, it } from 'vitest';
import { parseJsonWithPositions } from '../../../../schemas/compatibility/json-positions.ts';

/** A reference of its own kind: writes a value and notes where each part of it lands. */
function write(value: unknown, random: () => number, places: Map<string, string>): string {
  let text = '';
  const space = () => {
    text += ['', '', ' ', '\n', '\t', '\r\n', '  \n\t '][Math.floor(random() * 7)] ?? '';
  };
  const put = (item: unknown, pointer: readonly (string | number)[]): void => {
    space();
    const before = text.split('\n');
    places.set(JSON.stringify(pointer), `${before.length}:${(before.at(-1) ?? '').length + 1}`);
    if (Array.isArray(item)) {
      text += '[';
      for (const [index, child] of item.entries()) {
        if (index > 0) text += ',';
        put(child, [...pointer, index]);
      }
      space();
      text += ']';
    } else if (typeof item === 'object' && item !== null) {
      text += '{';
      for (const [index, [key, child]] of Object.entries(item).entries()) {
        if (index > 0) text += ',';
        space();
        text += JSON.stringify(key);
        space();
        text += ':';
        put(child, [...pointer, key]);
      }
      space();
      text += '}';
    } else {
      text += JSON.stringify(item);
    }
  };
  put(value, []);
  space();
  return text;
}

function randomValue(random: () => number, depth: number): unknown {
  const kind = Math.floor(random() * (depth > 3 ? 5 : 7));
  const words = ['a', 'na me', '- x', '#no', 'é"\\\n', 'http://x: y', '? z', '%', '---', ''];
  if (kind === 0) return null;
  if (kind === 1) return random() > 0.5;
  if (kind === 2) return Math.round(random() * 1e6) / 100 - 5000;
  if (kind < 5) return words[Math.floor(random() * words.length)];
  const size = Math.floor(random() * 4);
  const items = Array.from({ length: size }, () => randomValue(random, depth + 1));
  if (kind === 5) return items;
  return Object.fromEntries(
    items.map((item, index) => [`${words[Math.floor(random() * words.length)]}${index}`, item]),
  );
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('positions in JSON', () => {
  it('are right for every value of 300 random documents, however they are spaced', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = seeded(seed);
      const value = randomValue(random, 0);
      const places = new Map<string, string>();
      const document = parseJsonWithPositions(write(value, random, places), 'x.json');
      expect(document.value).toEqual(value);
      for (const [pointer, place] of places) {
        const { line, column } = document.placeOf(JSON.parse(pointer) as (string | number)[]);
        expect(`seed ${seed} ${pointer} ${line}:${column}`).toBe(`seed ${seed} ${pointer} ${place}`);
      }
    }
  });

  it('fall back to the nearest value around what is not there', () => {
    const document = parseJsonWithPositions('{\n  "a": [\n    { "b": 1 } ] }', 'x.json');
    expect(document.placeOf(['a', 0, 'c', 'd'])).toEqual({ file: 'x.json', line: 3, column: 5 });
    expect(document.placeOf(['z'])).toEqual({ file: 'x.json', line: 1, column: 1 });
  });
});
