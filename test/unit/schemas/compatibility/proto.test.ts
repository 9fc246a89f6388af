import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConnectError } from '../../../../core/errors.ts';
import { packageRoot } from '../../../../core/package-root.ts';
import { checkProtoCompatibility } from '../../../../schemas/compatibility/proto.ts';
import { parseProtoSet } from '../../../../schemas/compatibility/proto-parse.ts';
import { breakingEdits, COMMON, FEED, harmlessEdits } from '../../../fixtures/proto-edits/edits.ts';

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
  it.each(breakingEdits)('%s', (_name, from, to, expected) => {
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
    expect(change('optional int32 a = 1;', 'optional int32 a = 1 [default = 0];')).toEqual([]);
    expect(change('', 'option message_set_wire_format = true; extensions 4 to max;')).toEqual([
      'feed.proto:2:9 MESSAGE_SAME_MESSAGE_SET_WIRE_FORMAT',
    ]);
  });
});

describe('an edit of a .proto file that breaks nothing', () => {
  it.each(harmlessEdits)('%s', (_name, from, to) => {
    expect(edit(from, to)).toEqual([]);
  });

  it.each([
    ['message M { map<string, int32> e = 1; }', 'message M { map<string, uint32> e = 1; }', []],
    ['message M { map<int32, bool> e = 1; }', 'message M { map<uint32, bool> e = 1; }', []],
    ['message M { repeated int32 e = 1; }', 'message M { repeated int32 e = 1 [packed = false]; }', []],
    ['message M { reserved 1 to max; }', 'message M { reserved 1 to 536870911; }', []],
    ['message M { reserved 1 to max; }', 'message M { reserved 1 to 100; }', ['RESERVED_MESSAGE_NO_DELETE']],
    ['enum E { reserved 5 to max; A = 0; }', 'enum E { reserved 5 to 2147483647; A = 0; }', []],
    ['enum E { reserved -9 to -2; A = 0; }', 'enum E { reserved -8 to -2; A = 0; }', ['RESERVED_ENUM_NO_DELETE']],
    ['message M { string a_b = 1; }', 'message M { string aB = 1; }', ['FIELD_SAME_NAME']],
    [
      'message M { E e = 1; } enum E { A = 0; }',
      'message M { N.E e = 1; } message N { enum E { A = 0; B = 1; } } enum E { A = 0; }',
      [],
    ],
    [
      'message M { E e = 1; } enum E { A = 0; B = 1; }',
      'message M { N.E e = 1; } message N { enum E { A = 0; } } enum E { A = 0; B = 1; }',
      ['FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
    ['message M { optional string a = 1; }', 'message M { oneof o { string a = 1; } }', ['FIELD_SAME_ONEOF']],
    [
      'enum E { option allow_alias = true; A = 0; B = 1; C = 1; }',
      'enum E { A = 0; B = 1; }',
      ['ENUM_VALUE_SAME_NAME'],
    ],
    [
      'message M { google.protobuf.Timestamp t = 1; }',
      'message M { google.protobuf.Duration t = 1; }',
      ['FIELD_WIRE_JSON_COMPATIBLE_TYPE'],
    ],
  ])('as buf sees it: %s → %s', (before, after, rules) => {
    const file = (body: string) => ({ 'schemas/feed.proto': `syntax = "proto3";\n${body}\n` });
    expect(findings(file(after), file(before)).map((finding) => finding.split(' ')[1])).toEqual(rules);
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
