import { describe, expect, it } from 'vitest';
import { ConnectError } from '../../../../core/errors.ts';
import { parseAvro } from '../../../../schemas/compatibility/avro-parse.ts';

function problemsOf(text: string): string[] {
  try {
    parseAvro({ text, file: 'p.avsc' });
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    expect(error.code).toBe('INVALID_DEFINITION');
    const { problems } = error.details as {
      problems: { file: string; line: number; column: number; message: string }[];
    };
    return problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
  }
  return [];
}

describe('an invalid schema', () => {
  it('is told with every problem at its place', () => {
    const text = [
      '{ "type": "record", "name": "P",',
      '  "fields": [',
      '    { "name": "a", "type": "strng" },',
      '    { "name": "a-b", "type": "string" },',
      '    { "name": "c" },',
      '    { "name": "d", "type": ["int", "int"] },',
      '    { "name": "e", "type": { "type": "enum", "name": "E", "symbols": ["X", "X"], "default": "Y" } },',
      '    { "name": "f", "type": { "type": "fixed", "name": "F" } },',
      '    { "name": "f", "type": "int" },',
      '    { "name": "g", "type": { "type": "array" } } ] }',
    ].join('\n');
    expect(problemsOf(text)).toEqual([
      '3:28 type "strng" is not defined before this place',
      '4:5 a field needs a "name" of letters, digits and underscores',
      '5:5 field "c" needs a "type"',
      '6:36 a union holds int only once',
      '7:76 enum E has symbol "X" twice',
      '7:93 the default of enum E is none of its symbols',
      '8:28 fixed F needs "size", a number of bytes',
      '9:15 record P has field "f" twice',
      '10:28 an array needs "items"',
    ]);
  });

  it.each([
    ['{ "type": "record", "name": "P", "fields": [], }', '1:48'],
    ['{ "type": "record"\n  "name": "P" }', '2:3'],
    ['{ "type": "string", "type": "int" }', '1:21'],
    ['', '1:1'],
    ['// no comments\n"string"', '1:1'],
    ['42', '1:1'],
    ['{ "type": "record", "name": "Position",\n  "fields": nothing, "doc": "what follows" }', '2:14'],
    ['{"type": tru}', '1:13'],
    ['{ "type": "record", "name": "Position",\n  "fxx": xyz, "doc": "what follows" }', '2:10'],
    ['{ "name": "P" }', '1:1'],
    ['{ "type": "record", "name": "int", "fields": [] }', '1:1'],
    ['["null", ["string"]]', '1:10'],
    ['{ "type": "record", "name": "P", "fields": {} }', '1:1'],
    ['{ "type": "record", "name": "P", "aliases": "Q", "fields": [] }', '1:45'],
    ['{ "type": "enum", "name": "E" }', '1:1'],
    ['[{ "type": "fixed", "name": "F", "size": 1 }, { "type": "enum", "name": "F", "symbols": ["A"] }]', '1:47'],
  ])('%j is refused at %s', (text, place) => {
    const [problem] = problemsOf(text);
    expect(problem?.split(' ')[0]).toBe(place);
  });
});

describe('names', () => {
  it('resolve against the enclosing namespace, the written one, or none', () => {
    const text = JSON.stringify({
      type: 'record',
      name: 'a.b.Outer',
      aliases: ['Older', 'x.Other'],
      fields: [
        { name: 'one', type: { type: 'fixed', name: 'F', size: 1 } },
        {
          name: 'two',
          type: { type: 'record', name: 'Inner', namespace: 'c', fields: [{ name: 'f', type: 'a.b.F' }] },
        },
        { name: 'three', type: ['F', 'c.Inner'] },
        { name: 'four', type: { type: 'record', name: 'Root', namespace: '', fields: [] } },
        { name: 'five', type: 'Root' },
      ],
    });
    const doc = parseAvro({ text, file: 'p.avsc' });
    expect([...doc.types.keys()]).toEqual(['a.b.Outer', 'a.b.F', 'c.Inner', 'Root']);
    expect(doc.name).toBe('a.b.Outer');
    expect(doc.types.get('a.b.Outer')?.aliases).toEqual(['a.b.Older', 'x.Other']);
  });
});
