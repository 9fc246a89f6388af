import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConnectError } from '../../../../core/errors.ts';
import { packageRoot } from '../../../../core/package-root.ts';
import { checkProtoCompatibility } from '../../../../schemas/compatibility/proto.ts';
import { parseProtoSet } from '../../../../schemas/compatibility/proto-parse.ts';

const FEED = `syntax = "proto3"; // line 1

package perps.v1;

import "common.proto";

/* service PositionFeed { rpc Gone(A) returns (B); } */
service PositionFeed {
  rpc Subscribe(SubscribeRequest) returns (stream Update) {
    option idempotency_level = NO_SIDE_EFFECTS;
  }
  rpc GetInfo(SubscribeRequest) returns (Info);
}

message Update { // string size = 99;
  reserved 20, 30 to 35;
  reserved "gone", "lost";
  string owner = 1;
  string size = 2 [deprecated = true, json_name = "theSize"];
  uint64 slot = 3;
  optional int64 block_time = 4;
  repeated string tags = 5;
  map<string, int32> counts = 6;
  Side side = 7;
  Info info = 8;
  oneof body {
    string text = 9;
    bytes raw = 10;
  }
  fixed32 checksum = 11;
  int32 leverage = 12;
  message Inner {
    int64 value = 1;
  }
  Inner inner = 13;
  enum Kind {
    KIND_UNSPECIFIED = 0;
    KIND_A = 1;
  }
  Kind kind = 14;
  sint32 delta = 15;
}

enum Side {
  reserved 9;
  reserved "SIDE_FLAT";
  SIDE_UNSPECIFIED = 0;
  SIDE_LONG = 1;
  SIDE_SHORT = 2;
}
`;

const COMMON = `syntax = "proto3";
package perps.v1;
message SubscribeRequest { optional uint64 from_slot = 1; }
message Info { uint64 latest_slot = 1; }
enum Unused { UNUSED_UNSPECIFIED = 0; }
`;

interface Files {
  readonly 'schemas/feed.proto'?: string;
  readonly 'schemas/common.proto'?: string;
  readonly 'schemas/side.proto'?: string;
}

const set = (files: Files, label: string) =>
  parseProtoSet(
    Object.entries(files).map(([path, text]) => ({ path, text: String(text) })),
    label,
  );

function findings(
  newer: Files,
  older: Files = { 'schemas/feed.proto': FEED, 'schemas/common.proto': COMMON },
): string[] {
  return checkProtoCompatibility(set(older, 'main'), set(newer, 'here')).map(
    ({ rule, file, line, column }) => `${file.replace('schemas/', '')}:${line}:${column} ${rule}`,
  );
}

/** FEED with one text replaced; it must stand there exactly once. */
function edited(from: string, to: string, text = FEED): string {
  expect(text.split(from)).toHaveLength(2);
  return text.replace(from, to);
}

const edit = (from: string, to: string): string[] =>
  findings({ 'schemas/feed.proto': edited(from, to), 'schemas/common.proto': COMMON });

describe('an edit of a .proto file that breaks', () => {
  const DELETED = [
    'feed.proto:15:9 FIELD_NO_DELETE_UNLESS_NAME_RESERVED',
    'feed.proto:15:9 FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED',
  ];
  it.each<[string, string, string, string[]]>([
    ['a field is renamed', 'string owner = 1', 'string wallet = 1', ['feed.proto:18:10 FIELD_SAME_NAME']],
    ['a field is retyped', 'uint64 slot', 'string slot', ['feed.proto:20:10 FIELD_WIRE_JSON_COMPATIBLE_TYPE']],
    ['32 bits become 64', 'int32 leverage', 'int64 leverage', ['feed.proto:31:9 FIELD_WIRE_JSON_COMPATIBLE_TYPE']],
    [
      'a number becomes zigzag',
      'int32 leverage',
      'sint32 leverage',
      ['feed.proto:31:10 FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    ['zigzag widens', 'sint32 delta', 'sint64 delta', ['feed.proto:41:10 FIELD_WIRE_JSON_COMPATIBLE_TYPE']],
    ['a string becomes bytes', 'string owner', 'bytes owner', ['feed.proto:18:9 FIELD_WIRE_JSON_COMPATIBLE_TYPE']],
    [
      'fixed becomes varint',
      'fixed32 checksum',
      'uint32 checksum',
      ['feed.proto:30:10 FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    [
      'an enumeration becomes a number',
      'Side side = 7',
      'int32 side = 7',
      ['feed.proto:24:9 FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    [
      'a message becomes another',
      'Info info = 8',
      'Inner info = 8',
      ['feed.proto:25:9 FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    [
      'the values of a map are retyped',
      'map<string, int32>',
      'map<string, string>',
      ['feed.proto:23:23 FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    [
      'the keys of a map are retyped',
      'map<string, int32>',
      'map<int64, int32>',
      ['feed.proto:23:21 FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    [
      'a map becomes a list',
      'map<string, int32> counts',
      'repeated int32 counts',
      ['feed.proto:23:18 FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY'],
    ],
    [
      'a field becomes a list',
      'string owner = 1',
      'repeated string owner = 1',
      ['feed.proto:18:19 FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY'],
    ],
    [
      'a list becomes a field',
      'repeated string tags',
      'string tags',
      ['feed.proto:22:10 FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY'],
    ],
    ['the JSON name changes', 'json_name = "theSize"', 'json_name = "size"', ['feed.proto:19:10 FIELD_SAME_JSON_NAME']],
    [
      'a JSON name appears',
      'string owner = 1',
      'string owner = 1 [json_name = "wallet"]',
      ['feed.proto:18:10 FIELD_SAME_JSON_NAME'],
    ],
    ['a field is deleted', '  int32 leverage = 12;\n', '', DELETED],
    ['a field is deleted, its number reserved', '  int32 leverage = 12;\n', '  reserved 12;\n', DELETED.slice(0, 1)],
    ['a field is deleted, its name reserved', '  int32 leverage = 12;\n', '  reserved "leverage";\n', DELETED.slice(1)],
    [
      'a field gets another number',
      'int32 leverage = 12',
      'int32 leverage = 16',
      ['feed.proto:31:9 FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED'],
    ],
    [
      'two fields swap numbers',
      'string owner = 1;\n  string size = 2',
      'string owner = 2;\n  string size = 1',
      ['feed.proto:18:10 FIELD_SAME_NAME', 'feed.proto:19:10 FIELD_SAME_NAME'],
    ],
    [
      'a number is reused',
      'int32 leverage = 12;',
      'string note = 12;',
      ['feed.proto:31:10 FIELD_SAME_NAME', 'feed.proto:31:10 FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    [
      'a field leaves its oneof',
      '    bytes raw = 10;\n  }\n',
      '  }\n  bytes raw = 10;\n',
      ['feed.proto:29:9 FIELD_SAME_ONEOF'],
    ],
    [
      'a oneof is renamed',
      'oneof body',
      'oneof content',
      ['feed.proto:27:12 FIELD_SAME_ONEOF', 'feed.proto:28:11 FIELD_SAME_ONEOF'],
    ],
    [
      'a reserved number is freed',
      'reserved 20, 30 to 35',
      'reserved 30 to 35',
      ['feed.proto:15:9 RESERVED_MESSAGE_NO_DELETE'],
    ],
    ['a reserved range shrinks', '30 to 35', '30 to 34', ['feed.proto:15:9 RESERVED_MESSAGE_NO_DELETE']],
    [
      'a reserved name is freed',
      'reserved "gone", "lost"',
      'reserved "gone"',
      ['feed.proto:15:9 RESERVED_MESSAGE_NO_DELETE'],
    ],
    [
      'a reserved number is taken',
      'string owner = 1;',
      'string owner = 1; string fresh = 33;',
      ['feed.proto:18:28 RESERVED_IN_USE'],
    ],
    [
      'a reserved name is taken',
      'string owner = 1;',
      'string owner = 1; string gone = 99;',
      ['feed.proto:18:28 RESERVED_IN_USE'],
    ],
    [
      'an inner message is deleted',
      '  message Inner {\n    int64 value = 1;\n  }\n  Inner inner = 13;',
      '  reserved 13; reserved "inner";',
      ['feed.proto:3:1 PACKAGE_MESSAGE_NO_DELETE'],
    ],
    [
      'an inner message is changed',
      'int64 value = 1',
      'string value = 1',
      ['feed.proto:33:12 FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    [
      'an enumeration value is deleted',
      '  SIDE_SHORT = 2;\n',
      '',
      [
        'feed.proto:44:6 ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED',
        'feed.proto:44:6 ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED',
      ],
    ],
    [
      'an enumeration value is deleted, its number reserved',
      '  SIDE_SHORT = 2;\n',
      '  reserved 2;\n',
      ['feed.proto:44:6 ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED'],
    ],
    [
      'an enumeration value is deleted, its name reserved',
      '  SIDE_SHORT = 2;\n',
      '  reserved "SIDE_SHORT";\n',
      ['feed.proto:44:6 ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED'],
    ],
    ['an enumeration value is renamed', 'SIDE_SHORT = 2', 'SIDE_SELL = 2', ['feed.proto:49:3 ENUM_VALUE_SAME_NAME']],
    [
      'an enumeration value gets another number',
      'SIDE_SHORT = 2',
      'SIDE_SHORT = 3',
      ['feed.proto:49:3 ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED'],
    ],
    [
      'two enumeration values swap',
      'SIDE_LONG = 1;\n  SIDE_SHORT = 2',
      'SIDE_LONG = 2;\n  SIDE_SHORT = 1',
      ['feed.proto:48:3 ENUM_VALUE_SAME_NAME', 'feed.proto:49:3 ENUM_VALUE_SAME_NAME'],
    ],
    ['an inner enumeration value is renamed', 'KIND_A = 1', 'KIND_B = 1', ['feed.proto:38:5 ENUM_VALUE_SAME_NAME']],
    ['a reserved enumeration number is freed', '  reserved 9;\n', '', ['feed.proto:44:6 RESERVED_ENUM_NO_DELETE']],
    [
      'a reserved enumeration name is freed',
      '  reserved "SIDE_FLAT";\n',
      '',
      ['feed.proto:44:6 RESERVED_ENUM_NO_DELETE'],
    ],
    [
      'a reserved enumeration number is taken',
      'SIDE_SHORT = 2;',
      'SIDE_SHORT = 2; SIDE_NEW = 9;',
      ['feed.proto:49:19 RESERVED_IN_USE'],
    ],
    ['a call is deleted', '  rpc GetInfo(SubscribeRequest) returns (Info);\n', '', ['feed.proto:8:9 RPC_NO_DELETE']],
    ['a call is renamed', 'rpc GetInfo', 'rpc FetchInfo', ['feed.proto:8:9 RPC_NO_DELETE']],
    ['a request type changes', 'GetInfo(SubscribeRequest)', 'GetInfo(Info)', ['feed.proto:12:7 RPC_SAME_REQUEST_TYPE']],
    ['a response type changes', 'returns (Info)', 'returns (Update)', ['feed.proto:12:7 RPC_SAME_RESPONSE_TYPE']],
    ['a response no longer streams', '(stream Update)', '(Update)', ['feed.proto:9:7 RPC_SAME_SERVER_STREAMING']],
    [
      'a request streams',
      'GetInfo(SubscribeRequest)',
      'GetInfo(stream SubscribeRequest)',
      ['feed.proto:12:7 RPC_SAME_CLIENT_STREAMING'],
    ],
    ['an idempotency level changes', 'NO_SIDE_EFFECTS', 'IDEMPOTENT', ['feed.proto:9:7 RPC_SAME_IDEMPOTENCY_LEVEL']],
    [
      'the service is renamed',
      'service PositionFeed {\n  rpc Sub',
      'service Feed {\n  rpc Sub',
      ['feed.proto:3:1 PACKAGE_SERVICE_NO_DELETE'],
    ],
  ])('%s', (_name, from, to, expected) => {
    expect(edit(from, to)).toEqual(expected);
  });

  it('a field moves into a oneof', () => {
    const moved = edited(
      '    string text = 9;',
      '    string text = 9;\n    string owner = 1;',
      edited('  string owner = 1;\n', ''),
    );
    expect(findings({ 'schemas/feed.proto': moved, 'schemas/common.proto': COMMON })).toEqual([
      'feed.proto:27:12 FIELD_SAME_ONEOF',
    ]);
  });

  it('the package changes: told once, and other edits are still seen', () => {
    const renamed = edited('package perps.v1', 'package perps.v2', edited('uint64 slot', 'string slot'));
    const importing = renamed
      .replaceAll('SubscribeRequest', 'perps.v1.SubscribeRequest')
      .replaceAll(/\bInfo\b/g, 'perps.v1.Info');
    expect(findings({ 'schemas/feed.proto': importing, 'schemas/common.proto': COMMON })).toEqual([
      'feed.proto:3:1 FILE_SAME_PACKAGE',
      'feed.proto:20:10 FIELD_WIRE_JSON_COMPATIBLE_TYPE',
    ]);
  });

  it('the syntax goes back to proto2', () => {
    const proto2 = COMMON.replace('"proto3"', '"proto2"').replace('uint64 latest_slot', 'optional uint64 latest_slot');
    expect(findings({ 'schemas/feed.proto': FEED, 'schemas/common.proto': proto2 })).toEqual([
      'common.proto:1:1 ENUM_SAME_JSON_FORMAT',
      'common.proto:1:1 MESSAGE_SAME_JSON_FORMAT',
    ]);
  });

  it('a file is deleted with all it declared', () => {
    expect(findings({ 'schemas/feed.proto': FEED })).toEqual([
      'common.proto:1:1 PACKAGE_ENUM_NO_DELETE',
      'common.proto:1:1 PACKAGE_MESSAGE_NO_DELETE',
      'common.proto:1:1 PACKAGE_MESSAGE_NO_DELETE',
      'feed.proto:9:7 RPC_SAME_REQUEST_TYPE',
      'feed.proto:12:7 RPC_SAME_REQUEST_TYPE',
      'feed.proto:12:7 RPC_SAME_RESPONSE_TYPE',
      'feed.proto:25:8 FIELD_WIRE_JSON_COMPATIBLE_TYPE',
    ]);
  });

  it('proto2: required fields, defaults and message sets', () => {
    const text = (body: string) => `syntax = "proto2";\nmessage M {\n${body}\n}\n`;
    const change = (before: string, after: string) =>
      findings({ 'schemas/feed.proto': text(after) }, { 'schemas/feed.proto': text(before) });
    expect(change('', 'required int32 a = 1;')).toEqual(['feed.proto:3:16 MESSAGE_SAME_REQUIRED_FIELDS']);
    expect(change('required int32 a = 1;', 'optional int32 a = 1;')).toEqual([
      'feed.proto:3:16 FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY',
      'feed.proto:3:16 MESSAGE_SAME_REQUIRED_FIELDS',
    ]);
    expect(change('required int32 a = 1;', 'reserved 1; reserved "a";')).toEqual([
      'feed.proto:2:9 MESSAGE_SAME_REQUIRED_FIELDS',
    ]);
    expect(change('optional int32 a = 1 [default = 1];', 'optional int32 a = 1 [default = 2];')).toEqual([
      'feed.proto:3:16 FIELD_SAME_DEFAULT',
    ]);
    expect(change('', 'option message_set_wire_format = true; extensions 4 to max;')).toEqual([
      'feed.proto:2:9 MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT',
    ]);
  });
});

describe('an edit of a .proto file that breaks nothing', () => {
  it.each<[string, string, string]>([
    ['a comment', 'string owner = 1;', 'string owner = 1; // the wallet'],
    ['a new field', 'string owner = 1;', 'string owner = 1; string fresh = 40;'],
    ['a new field in the oneof', 'bytes raw = 10;', 'bytes raw = 10; string more = 41;'],
    ['a new enumeration value', 'SIDE_SHORT = 2;', 'SIDE_SHORT = 2; SIDE_BOTH = 3;'],
    ['a new call', 'rpc GetInfo', 'rpc GetMore(Info) returns (Info);\n  rpc GetInfo'],
    ['presence is tracked', 'string owner = 1', 'optional string owner = 1'],
    ['presence is no longer tracked', 'optional int64 block_time', 'int64 block_time'],
    ['a signed number becomes unsigned', 'int32 leverage', 'uint32 leverage'],
    ['an unsigned 64-bit number becomes signed', 'uint64 slot', 'int64 slot'],
    ['fixed changes its sign', 'fixed32 checksum', 'sfixed32 checksum'],
    ['a field is deleted and reserved', '  int32 leverage = 12;\n', '  reserved 12; reserved "leverage";\n'],
    ['a value is deleted and reserved', '  SIDE_SHORT = 2;\n', '  reserved 2; reserved "SIDE_SHORT";\n'],
    ['a field is deprecated', 'string owner = 1;', 'string owner = 1 [deprecated = true];'],
    ['a reserved range is written otherwise', '30 to 35', '30 to 32, 33 to 36'],
    ['a type is written with its package', 'Side side = 7', '.perps.v1.Side side = 7'],
    ['the default JSON name is written out', 'string owner = 1', 'string owner = 1 [json_name = "owner"]'],
    ['an alias of a value', 'SIDE_SHORT = 2;', 'option allow_alias = true; SIDE_SHORT = 2; SIDE_SELL = 2;'],
    [
      'fields change places',
      'string owner = 1;\n  string size = 2 [deprecated = true, json_name = "theSize"];',
      'string size = 2 [json_name = "theSize"];\n  string owner = 1;',
    ],
  ])('%s', (_name, from, to) => {
    expect(edit(from, to)).toEqual([]);
  });

  it('a type moves to another file of the package', () => {
    const side = /enum Side \{[\s\S]*?\n\}\n/.exec(FEED)?.[0] ?? '';
    expect(
      findings({
        'schemas/feed.proto': edited(side, ''),
        'schemas/common.proto': COMMON,
        'schemas/side.proto': `syntax = "proto3";\npackage perps.v1;\n${side}`,
      }),
    ).toEqual([]);
  });

  it('none at all, on the files of this package', () => {
    const source = (name: string) => ({
      path: `schemas/${name}`,
      text: readFileSync(join(packageRoot(), 'schemas', name), 'utf8'),
    });
    const files = [source('feed.proto'), source('position-update.proto')];
    expect(checkProtoCompatibility(parseProtoSet(files, 'main'), parseProtoSet(files, 'here'))).toEqual([]);
  });
});

describe('a .proto file that is not valid', () => {
  const problem = (text: string): unknown => {
    try {
      parseProtoSet([{ path: 'schemas/x.proto', text }], 'here');
    } catch (error) {
      if (error instanceof ConnectError) return [error.code, error.details.problems];
    }
    return 'accepted';
  };
  it.each([
    ['syntax = "proto3";\nmessage A {\n  string a 3;\n}', 3, 1, "illegal token '3', '=' expected"],
    ['syntax = "proto3";\nmessage A {\n  string a = 1;\n  int32 b = 1;\n}', 4, 13, 'duplicate id 1 in Type A'],
    ['syntax = "proto3";\nmessage A {\n  string a = 1;\n  int32 a = 2;\n}', 4, 9, "duplicate name 'a' in Type A"],
    ['syntax = "proto3";\nenum A {\n  X = 0;\n  Y = 0;\n}', 4, 7, 'duplicate id 0 in Enum A'],
    ['syntax = "proto3";\nmessage A {\n  string a = 1;\n', 4, 1, 'the file ends in the middle of a declaration'],
  ])('%j', (text, line, column, message) => {
    expect(problem(text)).toEqual(['INVALID_DEFINITION', [{ file: 'schemas/x.proto', line, column, message }]]);
  });
});
