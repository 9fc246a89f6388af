import type { TypeCase } from './type-case.ts';

const DEEP = `${'['.repeat(256)}${']'.repeat(256)}`;

/** Booleans, bytes, and what is written as text. */
export const TEXT_CASES: readonly TypeCase[] = [
  {
    name: 'flag',
    avro: 'boolean',
    column: 'boolean',
    proto: 'bool',
    exact: 'both values',
    refused: 'nothing',
    values: [
      [true, 'true'],
      [false, 'false'],
    ],
    bad: [],
  },
  {
    name: 'raw',
    avro: 'bytes',
    column: 'bytea',
    proto: 'bytes',
    exact: 'every byte, and no bytes at all',
    refused: 'nothing',
    values: [
      [Buffer.alloc(0), '\\x'],
      [Buffer.from('00ff5c27', 'hex'), '\\x00ff5c27'],
    ],
    bad: [],
  },
  {
    name: 'label',
    avro: 'string',
    limits: { maxLength: 20 },
    column: 'varchar(20)',
    also: ['text'],
    proto: 'string',
    exact: 'every character, counted as PostgreSQL counts',
    refused: 'NUL and other control characters, halves of surrogate pairs, more than `maxLength` characters',
    values: [
      ['', ''],
      ['héllo ☃ 🦀', 'héllo ☃ 🦀'],
      ['\' \\ " {x}', '\' \\ " {x}'],
      ['🦀'.repeat(20), '🦀'.repeat(20)],
    ],
    bad: ['a\u0000b', '🦀'.repeat(21)],
  },
  {
    name: 'ident',
    avro: { type: 'string', logicalType: 'uuid' },
    column: 'uuid',
    also: ['varchar(36)', 'text'],
    proto: 'string',
    exact: 'the 128 bits; PostgreSQL prints lower case',
    refused: 'a text of another form than 8-4-4-4-12',
    values: [
      ['123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'],
      ['ABCDEF67-E89B-12D3-A456-426614174000', 'abcdef67-e89b-12d3-a456-426614174000'],
      ['00000000-0000-0000-0000-000000000000', '00000000-0000-0000-0000-000000000000'],
    ],
    bad: ['123e4567', '123e4567e89b12d3a456426614174000', '{123e4567-e89b-12d3-a456-426614174000}'],
  },
  {
    name: 'color',
    avro: { type: 'enum', name: 'Color', symbols: ['Red', 'Green'] },
    column: 'color',
    also: ['varchar(5)', 'text'],
    proto: 'Color',
    exact: 'every word; a PostgreSQL enum needs a cast from varchar (below)',
    refused: 'a value without a word',
    values: [
      [1, 'Red'],
      [2, 'Green'],
    ],
    bad: [3],
  },
  {
    name: 'shade',
    avro: 'string',
    limits: { allowed: ['Red', 'Green'] },
    column: 'color',
    also: ['varchar(5)', 'text'],
    proto: 'Color',
    exact: 'every word of `allowed`; a PostgreSQL enum needs a cast from varchar (below)',
    refused: 'a value without a word',
    values: [
      [1, 'Red'],
      [2, 'Green'],
    ],
    bad: [3],
  },
  {
    name: 'doc',
    avro: { type: 'string', 'connect.name': 'io.debezium.data.Json' },
    column: 'jsonb',
    proto: 'string',
    exact:
      'the value, with every digit of its numbers; jsonb itself keeps neither blanks nor the order of keys, and of equal keys the last',
    refused:
      'what is no JSON, `\\u0000`, halves of surrogate pairs, more than 256 levels, numbers of more than 1,000 digits',
    values: [
      ['{}', '{}'],
      ['null', 'null'],
      ['[]', '[]'],
      ['""', '""'],
      ['{"b":1, "a":2, "a":3}', '{"a": 3, "b": 1}'],
      ['[1.00, 1.50e1, 1e2, -0.0]', '[1.00, 15.0, 100, 0.0]'],
      ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
      ['{"k":"héllo ☃ 🦀 \\u2028 \\" \\\\"}', '{"k": "héllo ☃ 🦀 \u2028 \\" \\\\"}'],
      ['{"__proto__":{"10":1,"9":2}}', '{"__proto__": {"9": 2, "10": 1}}'],
      [DEEP, DEEP],
    ],
    bad: ['nope', '{"a":01}', '"\\u0000"', '"\\ud800"', `[${DEEP}]`, '1e1001', `0.${'1'.repeat(1001)}`],
  },
];
