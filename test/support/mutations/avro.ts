import { AVSC, field, type Mutation, SQL } from './edit.ts';

/** Edits of the Avro schema. */
export const avroMutations: readonly Mutation[] = [
  {
    name: 'a decimal is rescaled',
    edit: { file: AVSC, find: '"precision": 38, "scale": 8', replace: '"precision": 38, "scale": 6' },
    rule: 'DECIMAL_SCALE',
  },
  {
    name: 'a decimal gets fewer digits',
    edit: { file: AVSC, find: '"precision": 38, "scale": 8', replace: '"precision": 30, "scale": 8' },
    rule: 'DECIMAL_PRECISION',
  },
  {
    name: 'a decimal becomes text',
    edit: {
      file: AVSC,
      find: '{ "type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 8 }',
      replace: '"string"',
    },
    rule: 'TYPE_FAMILY',
  },
  {
    name: 'a string may be longer than its column',
    edit: { file: AVSC, find: '"maxLength": 88', replace: '"maxLength": 96' },
    rule: 'STRING_LENGTH',
  },
  {
    name: 'a string loses its limit',
    edit: {
      file: AVSC,
      find: '"symbol", "type": "string", "minLength": 1, "maxLength": 20',
      replace: '"symbol", "type": "string", "minLength": 1',
    },
    rule: 'STRING_LENGTH',
  },
  {
    name: 'an allowed word is longer than its column',
    edit: {
      file: AVSC,
      find: '"maxLength": 10, "allowed": ["Long", "Short"]',
      replace: '"maxLength": 20, "allowed": ["Long", "Short", "Long and short"]',
    },
    rule: 'STRING_LENGTH',
    also: ['ENUM_WORDS'],
  },
  {
    name: 'a small integer loses its maximum',
    edit: { file: AVSC, find: '"minimum": 0, "maximum": 32767', replace: '"minimum": 0' },
    rule: 'INTEGER_RANGE',
  },
  {
    name: 'a required field may be null',
    edit: {
      file: AVSC,
      find: '"name": "slot", "type": "long"',
      replace: '"name": "slot", "type": ["null", "long"], "default": null',
    },
    rule: 'COLUMN_NOT_NULL',
    also: ['CURRENT_VIEW'],
  },
  {
    name: 'a key field may be null',
    edit: {
      file: AVSC,
      find: '"signature", "type": "string"',
      replace: '"signature", "type": ["null", "string"], "default": null',
    },
    rule: 'UPSERT_KEY_FIELD',
  },
  {
    name: 'a key field may be the empty text',
    edit: {
      file: AVSC,
      find: '"signature", "type": "string", "minLength": 1,',
      replace: '"signature", "type": "string",',
    },
    rule: 'UPSERT_KEY_EMPTY',
  },
  {
    name: 'a time becomes microseconds',
    edit: { file: AVSC, find: '"timestamp-millis"', replace: '"timestamp-micros"' },
    rule: 'FIELD_TYPE',
  },
  {
    name: 'a word becomes an enum of Avro that is longer than its column',
    edit: {
      file: AVSC,
      find: '"name": "side", "type": "string", "maxLength": 10, "allowed": ["Long", "Short"]',
      replace:
        '"name": "side", "type": { "type": "enum", "name": "Side", "symbols": ["Long", "Short", "LongAndShort"] }',
    },
    rule: 'STRING_LENGTH',
    also: ['ENUM_WORDS'],
  },
  {
    name: 'a key becomes a UUID, and its column stays text',
    edit: {
      file: AVSC,
      find: '"signature", "type": "string", "minLength": 1, "maxLength": 88',
      replace: '"signature", "type": { "type": "string", "logicalType": "uuid" }',
    },
    rule: 'KEY_TYPE',
    says: /a uuid as varchar\(88\); make the column uuid/,
  },
  {
    name: 'a time loses its logical type',
    edit: { file: AVSC, find: '{ "type": "long", "logicalType": "timestamp-millis" }', replace: '"long"' },
    rule: 'TYPE_FAMILY',
  },
  {
    name: 'a field is renamed',
    edit: { file: AVSC, find: '"name": "event_type"', replace: '"name": "event_kind"' },
    rule: 'COLUMN_MISSING',
  },
  {
    name: 'a field is dropped whose column is NOT NULL',
    edit: {
      file: AVSC,
      find: '    { "name": "position_index", "type": "int", "minimum": 0, "doc": "Number of the position among its owner\'s, from 0." },\n',
      replace: '',
    },
    rule: 'COLUMN_WITHOUT_FIELD',
    at: { file: SQL, line: 'position_index    INTEGER' },
  },
  {
    name: 'a field is added whose column no migration adds',
    edit: field('{ "name": "venue", "type": ["null", "string"], "default": null, "maxLength": 20, "doc": "Venue." }'),
    rule: 'COLUMN_MISSING',
    at: { file: AVSC, line: '"name": "venue"' },
  },
  {
    name: 'an allowed word has no enum value',
    edit: { file: AVSC, find: '["Long", "Short"]', replace: '["Long", "Short", "Flat"]' },
    rule: 'ENUM_WORDS',
  },
  {
    name: 'an allowed word is taken out',
    edit: { file: AVSC, find: '"Closed", "Liquidating"]', replace: '"Closed"]' },
    rule: 'ENUM_WORDS',
  },
  {
    name: 'a whole number gets an upper-case name',
    edit: { file: AVSC, find: '"name": "leverage"', replace: '"name": "Leverage"' },
    rule: 'NAME_NEEDS_QUOTES',
  },
  {
    name: 'limits contradict each other',
    edit: { file: AVSC, find: '"minLength": 1, "maxLength": 88', replace: '"minLength": 89, "maxLength": 88' },
    rule: 'FIELD_LIMITS',
  },
  {
    name: 'the file does not parse',
    edit: { file: AVSC, find: '"name": "owner", "type": "string",', replace: '"name": "owner", "type": "string"' },
    rule: 'FILE_INVALID',
  },
  {
    name: 'a namespace changes, which readers take for another record',
    edit: { file: AVSC, find: '"namespace": "perps.v1"', replace: '"namespace": "perps.v2"' },
    rule: 'NAMESPACE_CHANGED',
    at: { file: AVSC, line: '"name": "PositionUpdate"' },
  },
];
