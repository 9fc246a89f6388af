import { AVSC, DEFINITION, type Mutation, PROTO } from './edit.ts';

/** Edits of the proto. */
export const protoMutations: readonly Mutation[] = [
  {
    name: 'a field is renamed',
    edit: { file: PROTO, find: 'string entry_price = 10;', replace: 'string entry_cost = 10;' },
    rule: 'PROTO_FIELD_UNUSED',
  },
  {
    name: 'a renamed field leaves its Avro field without a source',
    edit: { file: PROTO, find: 'string margin = 12;', replace: 'string collateral = 12;' },
    rule: 'PROTO_FIELD_UNUSED',
    says: /^collateral: .*; or is it margin renamed\? \(margin: .* every update is refused\)/,
  },
  {
    name: 'a field is dropped',
    edit: { file: PROTO, find: '  string funding_accrued = 16;\n', replace: '' },
    rule: 'AVRO_FIELD_UNFED',
    at: { file: AVSC, line: '"name": "funding_accrued"' },
  },
  {
    name: 'an amount becomes a double',
    edit: { file: PROTO, find: 'string mark_price = 11;', replace: 'double mark_price = 11;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'an amount becomes a whole number',
    edit: { file: PROTO, find: 'string size = 9;', replace: 'int64 size = 9;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'a 32-bit number becomes a 64-bit one',
    edit: { file: PROTO, find: 'uint32 leverage = 13;', replace: 'uint64 leverage = 13;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'a field becomes repeated',
    edit: { file: PROTO, find: 'string owner = 3;', replace: 'repeated string owner = 3;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'an enum becomes a number',
    edit: { file: PROTO, find: 'Side side = 8;', replace: 'int32 side = 8;' },
    rule: 'PROTO_TYPE',
  },
  {
    name: 'a time loses `optional`, so an absent one is 1970',
    edit: { file: PROTO, find: 'optional int64 block_time', replace: 'int64 block_time' },
    rule: 'PROTO_PRESENCE',
  },
  {
    name: 'the zero of an enum is a word, so an absent one is that word',
    edit: {
      file: PROTO,
      find: '  SIDE_UNSPECIFIED = 0;\n  SIDE_LONG = 1;\n  SIDE_SHORT = 2;\n',
      replace: '  SIDE_LONG = 0;\n  SIDE_SHORT = 1;\n',
    },
    rule: 'PROTO_PRESENCE',
    at: { file: PROTO, line: 'Side side = 8;' },
  },
  {
    name: 'an enum gets a value without a word',
    edit: { file: PROTO, find: '  SIDE_SHORT = 2;\n', replace: '  SIDE_SHORT = 2;\n  SIDE_FLAT = 3;\n' },
    rule: 'ENUM_WORDS',
  },
  {
    name: 'a value of an enum is renamed',
    edit: { file: PROTO, find: 'POSITION_STATUS_LIQUIDATING = 6;', replace: 'POSITION_STATUS_REKT = 6;' },
    rule: 'ENUM_WORDS',
  },
  {
    name: 'a field number is reused for another field',
    edit: { file: PROTO, find: 'string margin = 12;', replace: 'string margin = 30;\n  string venue = 12;' },
    rule: 'FIELD_SAME_NAME',
    at: { file: PROTO, line: 'string venue = 12;' },
  },
  {
    name: 'a field number is moved',
    edit: { file: PROTO, find: 'string symbol = 7;', replace: 'string symbol = 27;' },
    rule: 'FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED',
  },
  {
    name: 'the service is renamed',
    edit: { file: PROTO, find: 'service PositionFeed {', replace: 'service PositionsFeed {' },
    rule: 'FEED_SERVICE',
    at: { file: DEFINITION, line: 'service: perps.v1.PositionFeed' },
  },
  {
    name: 'Subscribe answers with one message',
    edit: { file: PROTO, find: 'returns (stream PositionFeedMessage)', replace: 'returns (PositionFeedMessage)' },
    rule: 'FEED_SERVICE',
  },
  {
    name: 'an import names a file that is not there',
    edit: { file: PROTO, find: 'import "feed.proto";', replace: 'import "feeds.proto";' },
    rule: 'FEED_SERVICE',
    says: /^import "feeds\.proto": no such file/,
  },
  {
    name: 'an import is forgotten',
    edit: { file: PROTO, find: 'import "feed.proto";\n', replace: '' },
    rule: 'FEED_SERVICE',
    at: { file: PROTO, line: 'rpc Subscribe(SubscribeRequest)' },
    says: /^SubscribeRequest, SlotNotice, Ping, GetReplayInfoRequest, GetReplayInfoResponse are declared in no file; is an import/,
  },
  {
    name: 'a time becomes a Duration of Google',
    edit: {
      file: PROTO,
      find: 'optional int64 block_time = 6;',
      replace: 'google.protobuf.Duration block_time = 6;',
    },
    rule: 'PROTO_TYPE',
    says: /message google\.protobuf\.Duration .* one value;.* int64 \(milliseconds since the Unix epoch\)/,
  },
  {
    name: 'a field has a type that is declared nowhere',
    edit: { file: PROTO, find: 'string symbol = 7;', replace: 'Market symbol = 7;' },
    rule: 'PROTO_TYPE',
    says: /type Market is declared in no file/,
  },
  {
    name: 'the file does not parse',
    edit: { file: PROTO, find: 'string symbol = 7;', replace: 'string symbol 7;' },
    rule: 'FILE_INVALID',
  },
];
