import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { checkDefaults } from '../../../../schemas/compatibility/avro-default.ts';
import { parseAvro } from '../../../../schemas/compatibility/avro-parse.ts';

const point = {
  type: 'record',
  name: 'Point',
  fields: [
    { name: 'x', type: 'int' },
    { name: 'y', type: 'int', default: 0 },
  ],
};

/** Type, default, whether the default fits. */
const table: [unknown, unknown, boolean][] = [
  ['null', null, true],
  ['null', 0, false],
  ['boolean', false, true],
  ['boolean', 'false', false],
  ['int', 2147483647, true],
  ['int', 2147483648, false],
  ['int', -2147483648, true],
  ['int', 1.5, false],
  ['long', 9007199254740991, true],
  ['long', '1', false],
  ['double', 1.5, true],
  ['double', 1, true],
  ['float', '1.5', false],
  ['string', '', true],
  ['string', null, false],
  ['bytes', '\u00ff', true],
  ['bytes', '\u0100', false],
  [{ type: 'fixed', name: 'F', size: 2 }, '\u0000\u0001', true],
  [{ type: 'fixed', name: 'F', size: 2 }, '\u0000', false],
  [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B', true],
  [{ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'C', false],
  [{ type: 'array', items: 'int' }, [1, 2], true],
  [{ type: 'array', items: 'int' }, [1, 'x'], false],
  [{ type: 'array', items: 'int' }, {}, false],
  [{ type: 'map', values: 'int' }, { a: 1 }, true],
  [{ type: 'map', values: 'int' }, { a: null }, false],
  [{ type: 'map', values: 'int' }, [], false],
  [point, { x: 1, y: 2 }, true],
  [point, { x: 1 }, true],
  [point, {}, false],
  [['null', 'string'], null, true],
  [['null', 'string'], 'x', false],
  [['string', 'null'], 'x', true],
  [['string', 'null'], null, false],
];

/** avsc keeps longs inside a margin of ±2^53, and takes any text for bytes. */
const unlikeAvsc = new Set(['"long" 9007199254740991', '"bytes" "\u0100"']);

const holding = (type: unknown, value: unknown) => ({
  type: 'record',
  name: 'P',
  fields: [{ name: 'f', type, default: value }],
});

describe('a default', () => {
  it.each(table)('of %j may be %j: %s', (type, value, fits) => {
    const schema = holding(type, value);
    const findings = checkDefaults(parseAvro({ text: JSON.stringify(schema), file: 'p.avsc' }));
    expect(findings.map(({ rule }) => rule)).toEqual(fits ? [] : ['DEFAULT_INVALID']);
  });

  it.each(table)('of %j being %j: avsc says the same', (type, value, fits) => {
    const parse = () => avsc.Type.forSchema(holding(type, value) as avsc.Schema, { wrapUnions: true });
    const agrees = !unlikeAvsc.has(`${JSON.stringify(type)} ${JSON.stringify(value)}`);
    if (fits === agrees) expect(parse).not.toThrow();
    else expect(parse).toThrow();
  });
});
