import { TAPE_PROTO } from './tape.ts';

export const YAML = 'connectors/tape.yaml';
export const AVSC = 'feeds/tape.avsc';

export type Change = readonly [file: string, find: string, replace: string];

export const yaml = (find: string, replace: string): Change => [YAML, find, replace];
export const proto = (find: string, replace: string): Change => [TAPE_PROTO, find, replace];

/** A mistake, the rule that finds it on the edited line of its file, and what it says. */
export type Mistake = readonly [name: string, change: Change, rule: string, says: RegExp];

/** In what becomes of the update's fields. */
export const FIELD_MISTAKES: readonly Mistake[] = [
  [
    'a path that is misspelt',
    yaml('    mark: resume_mark', '    mrak: resume_mark'),
    'MAPPING_PATH',
    /mrak is no field of acme\.md\.Print; did you mean "mark"/,
  ],
  [
    'a path into a message without that field',
    yaml('costs.fee: {', 'costs.fees: {'),
    'MAPPING_PATH',
    /fees is no field of acme\.md\.Costs/,
  ],
  [
    'a path through a list',
    yaml('    mark: resume_mark', '    tags.mark: resume_mark'),
    'MAPPING_PATH',
    /tags is a list/,
  ],
  [
    'a path into a scalar',
    yaml('    mark: resume_mark', '    px.mark: resume_mark'),
    'MAPPING_PATH',
    /px is sint64, which has no fields/,
  ],
  [
    'an exponent that is not there',
    yaml('exponent: qty_pow', 'exponent: qty_power'),
    'MAPPING_PATH',
    /qty_power is no field/,
  ],
  [
    'an exponent that is no number',
    yaml('exponent: qty_pow', 'exponent: mark'),
    'MAPPING_CONVERSION',
    /mark is string, not a whole number/,
  ],
  [
    'a scale that is not there',
    yaml('{ to: price, scale: 8 }', '{ to: price, scale: px_scale }'),
    'MAPPING_PATH',
    /px_scale is no field/,
  ],
  [
    'an Avro field that is not there',
    yaml('isMaker: is_maker', 'isMaker: is_makers'),
    'MAPPING_TARGET',
    /is_makers is no field/,
  ],
  [
    'two fields into one column',
    yaml('isMaker: is_maker', 'isMaker: block'),
    'MAPPING_TARGET',
    /block is filled by feed\.fields blk already/,
  ],
  [
    'a constant for a column that the feed fills',
    yaml('constants: { venue: acme }', 'constants: { venue: acme, block: 7 }'),
    'MAPPING_TARGET',
    /block is filled by/,
  ],
  [
    'a field by its name and another by a mapping',
    yaml('    mark: resume_mark', '    mark: note'),
    'MAPPING_TARGET',
    /note is filled by the update's field note/,
  ],
  [
    'a constant for no field',
    yaml('constants: { venue: acme }', 'constants: { venu: acme }'),
    'MAPPING_TARGET',
    /venu is no field/,
  ],
  [
    'a constant that is too long',
    yaml('constants: { venue: acme }', 'constants: { venue: acme-derivatives }'),
    'MAPPING_CONSTANT',
    /16 characters/,
  ],
  [
    'more fraction digits than the column has',
    yaml('{ to: price, scale: 8 }', '{ to: price, scale: 9 }'),
    'MAPPING_CONVERSION',
    /9 fraction digits do not fit/,
  ],
  [
    'a scaled integer for a whole number',
    yaml('blk: block', 'blk: { to: block, scale: 2 }'),
    'MAPPING_CONVERSION',
    /becomes a decimal/,
  ],
  [
    'a scale for text',
    yaml('mark: resume_mark', 'mark: { to: resume_mark, scale: 2 }'),
    'MAPPING_CONVERSION',
    /string is no whole number/,
  ],
  [
    'a scale out of range',
    yaml('{ to: price, scale: 8 }', '{ to: price, scale: 99 }'),
    'DEFINITION_INVALID',
    /at most 76/,
  ],
  [
    'two conversions of one value',
    yaml('{ to: price, scale: 8 }', '{ to: price, scale: 8, unit: seconds }'),
    'DEFINITION_INVALID',
    /scale and unit/,
  ],
  [
    'an unknown conversion',
    yaml('{ to: price, scale: 8 }', '{ to: price, scaled: 8 }'),
    'DEFINITION_INVALID',
    /unknown key "scaled"/,
  ],
  ['an unknown unit', yaml('unit: seconds }', 'unit: minutes }'), 'DEFINITION_INVALID', /must be one of seconds/],
  [
    'a unit for a Timestamp',
    yaml('at: traded_at', 'at: { to: traded_at, unit: seconds }'),
    'MAPPING_CONVERSION',
    /a Timestamp knows its unit/,
  ],
  [
    'a unit for text',
    yaml('mark: resume_mark', 'mark: { to: resume_mark, unit: seconds }'),
    'MAPPING_CONVERSION',
    /string is no whole number of units/,
  ],
  [
    'a time for a whole number',
    yaml('blk: block', 'blk: { to: block, unit: seconds }'),
    'MAPPING_CONVERSION',
    /becomes a time/,
  ],
  [
    'hex of a number',
    yaml('blk: block', 'blk: { to: block, text: hex }'),
    'MAPPING_CONVERSION',
    /hex is text, and block is long/,
  ],
  [
    'base58 of text',
    yaml('mark: resume_mark', 'mark: { to: resume_mark, text: base58 }'),
    'MAPPING_CONVERSION',
    /string is not bytes/,
  ],
  [
    'JSON of a scalar',
    yaml('mark: resume_mark', 'mark: { to: resume_mark, text: json }'),
    'MAPPING_CONVERSION',
    /neither a message nor a list/,
  ],
  [
    'a word for no value',
    yaml('{ BUYER: buy, SELLER: sell }', '{ BUYR: buy, SELLER: sell }'),
    'MAPPING_CONVERSION',
    /BUYR is no value/,
  ],
  [
    'a value without a word',
    yaml('{ BUYER: buy, SELLER: sell }', '{ BUYER: buy }'),
    'MAPPING_CONVERSION',
    /SELLER of acme\.md\.Aggressor has no word/,
  ],
  [
    'a word that is not allowed',
    yaml('{ BUYER: buy, SELLER: sell }', '{ BUYER: long, SELLER: sell }'),
    'MAPPING_CONVERSION',
    /"long" is none of the allowed words/,
  ],
  [
    'words for a number',
    yaml('blk: block', 'blk: { to: block, words: { A: a } }'),
    'MAPPING_CONVERSION',
    /a word is text/,
  ],
  [
    'an ignored field that is not there',
    yaml('ignore: [mood]', 'ignore: [mood, modd]'),
    'DECLARED_EXCEPTION',
    /modd is no field/,
  ],
  [
    'an ignored field that is mapped',
    yaml('ignore: [mood]', 'ignore: [mood, px]'),
    'DECLARED_EXCEPTION',
    /px fills price/,
  ],
  [
    'a field that goes nowhere',
    proto('  double mood = 16;', '  double mood = 16;\n  string colour = 17;'),
    'PROTO_FIELD_UNUSED',
    /colour: .* would be dropped/,
  ],
  [
    'a column that nothing fills',
    yaml('constants: { venue: acme }', 'constants: {}'),
    'AVRO_FIELD_UNFED',
    /venue: message acme\.md\.Print has no field of this name/,
  ],
  [
    'a decimal from a double',
    yaml('{ to: price, scale: 8 }\n', '{ to: price, scale: 8 } #\n'),
    'PROTO_TYPE',
    /double cannot hold an amount exactly/,
  ],
  ['a Timestamp for text', yaml('at: traded_at', 'at: note'), 'MAPPING_TARGET', /note is filled/],
  [
    'a time that may be absent without `optional`',
    proto('optional int64 settled = 15;', 'int64 settled = 15;'),
    'PROTO_PRESENCE',
    /stored as 1970-01-01/,
  ],
];

/** In the method, what is asked of it, and the position. */
export const METHOD_MISTAKES: readonly Mistake[] = [
  [
    'a method without a position',
    yaml(`  position: { kind: slot, field: blk, request: from_blk }\n`, ''),
    'DEFINITION_INVALID',
    /feed\.method needs feed\.position/,
  ],
  [
    'a position of an unknown kind',
    yaml('kind: slot,', 'kind: offset,'),
    'DEFINITION_INVALID',
    /must be one of slot, cursor, none/,
  ],
  [
    'a slot without a field',
    yaml('{ kind: slot, field: blk, request: from_blk }', '{ kind: slot, request: from_blk }'),
    'DEFINITION_INVALID',
    /lacks "field"/,
  ],
  [
    'a method that is misspelt',
    yaml('method: StreamPrints', 'method: StreamPrint'),
    'FEED_METHOD',
    /no method StreamPrint; did you mean/,
  ],
  [
    'a method that takes a stream',
    yaml('method: StreamPrints', 'method: Upload'),
    'FEED_METHOD',
    /must take one request and return a stream/,
  ],
  [
    'a method that does not stream',
    yaml('method: StreamPrints', 'method: ListPrints'),
    'FEED_METHOD',
    /must take one request and return a stream/,
  ],
  [
    'a method that streams, asked again and again',
    yaml('method: StreamPrints', 'pollSeconds: 2\n  method: StreamPrints'),
    'FEED_METHOD',
    /StreamPrints streams by itself/,
  ],
  [
    'a method that is asked again and again, without a position',
    yaml('position: { kind: slot, field: blk, request: from_blk }', 'position: { kind: none }\n  pollSeconds: 2'),
    'DEFINITION_INVALID',
    /feed\.pollSeconds needs a position slot or cursor/,
  ],
  [
    'an update that is not there',
    yaml('update: print', 'update: prints'),
    'FEED_METHOD',
    /prints is no field of acme\.md\.TapeLine/,
  ],
  [
    'an update that is no message',
    yaml('update: print', 'update: print.mark'),
    'FEED_METHOD',
    /feed\.update: print\.mark is no message/,
  ],
  [
    'a request’s list or message as a constant',
    yaml('depth: 1 }', 'since: yes }'),
    'FEED_METHOD',
    /since is acme\.md\.Since/,
  ],
  [
    'a member of the oneof that nobody names',
    yaml('leave: [beat, halt]', 'leave: [beat]'),
    'FEED_METHOD',
    /a message with halt/,
  ],
  [
    'a member to leave that is not there',
    yaml('leave: [beat, halt]', 'leave: [beat, halt, hlat]'),
    'FEED_METHOD',
    /hlat is no field/,
  ],
  [
    'a request’s field that is not there',
    yaml('depth: 1 }', 'dept: 1 }'),
    'FEED_METHOD',
    /dept is no field of acme\.md\.TapeRequest/,
  ],
  ['a request’s number that is text', yaml('depth: 1 }', 'depth: deep }'), 'FEED_METHOD', /depth is uint32/],
  [
    'a slot that is text',
    yaml('field: blk, request: from_blk', 'field: mark, request: from_blk'),
    'FEED_METHOD',
    /mark is string; a slot is a whole number/,
  ],
  [
    'a position that the request does not take',
    yaml('field: blk, request: from_blk', 'field: blk, request: from_block'),
    'FEED_METHOD',
    /from_block is no field/,
  ],
  [
    'a position that goes into another type',
    yaml('field: blk, request: from_blk', 'field: blk, request: raw'),
    'FEED_METHOD',
    /raw is bool/,
  ],
  [
    'none with a field',
    yaml('kind: slot, field: blk, request: from_blk', 'kind: none, field: blk, request: from_blk'),
    'DEFINITION_INVALID',
    /./,
  ],
];
