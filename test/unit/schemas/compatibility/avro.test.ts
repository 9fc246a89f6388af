import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../../pipeline/finding.ts';
import { checkAvroCompatibility, checkAvroHistory } from '../../../../schemas/compatibility/avro.ts';
import type { AvroDoc } from '../../../../schemas/compatibility/avro-model.ts';
import { parseAvro } from '../../../../schemas/compatibility/avro-parse.ts';
import type { CompatibilityLevel } from '../../../../schemas/compatibility/level.ts';
import { avroPairs } from '../../../fixtures/avro-pairs/pairs.ts';

const doc = (schema: unknown, label?: string): AvroDoc =>
  parseAvro({
    text: JSON.stringify(schema, null, 2),
    file: 'schemas/p.avsc',
    ...(label === undefined ? {} : { label }),
  });

const check = (older: unknown, newer: unknown, level: CompatibilityLevel): Finding[] =>
  checkAvroCompatibility(doc(older, 'main'), doc(newer), level);

const errorRules = (findings: readonly Finding[]): string[] =>
  findings
    .filter(({ severity }) => severity === 'error')
    .map(({ rule }) => rule)
    .sort();

/** Whether avsc can read what `writer` wrote. Each side is parsed by itself, as two programs would. */
function avscReads(reader: unknown, writer: unknown): boolean {
  const parse = (schema: unknown) => avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: true });
  try {
    parse(reader).createResolver(parse(writer));
    return true;
  } catch {
    return false;
  }
}

describe('the table of schema pairs', () => {
  it('has no two pairs of one name', () => {
    const names = avroPairs.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(70);
  });

  it.each(avroPairs)('$name: new schema reads old records', ({ older, newer, backward }) => {
    expect(errorRules(check(older, newer, 'BACKWARD'))).toEqual([...backward].sort());
  });

  it.each(avroPairs)('$name: old schema reads new records', ({ older, newer, forward }) => {
    expect(errorRules(check(older, newer, 'FORWARD'))).toEqual([...forward].sort());
  });

  it.each(avroPairs)('$name: FULL is refused when either direction is', ({ older, newer, backward, forward }) => {
    expect(errorRules(check(older, newer, 'FULL')).length > 0).toBe(backward.length + forward.length > 0);
  });

  it.each(avroPairs)('$name: NONE finds nothing', ({ older, newer }) => {
    expect(check(older, newer, 'NONE')).toEqual([]);
  });

  it.each(avroPairs)(
    '$name: avsc agrees, or its difference is written down',
    ({ older, newer, backward, forward, avsc }) => {
      const ours = { backward: backward.length === 0, forward: forward.length === 0 };
      const theirs = { backward: avscReads(newer, older), forward: avscReads(older, newer) };
      expect({ direction: 'backward', differs: theirs.backward !== ours.backward }).toEqual({
        direction: 'backward',
        differs: avsc?.backward !== undefined,
      });
      expect({ direction: 'forward', differs: theirs.forward !== ours.forward }).toEqual({
        direction: 'forward',
        differs: avsc?.forward !== undefined,
      });
    },
  );
});

const source = (lines: string[]): string => lines.join('\n');

/** A schema as people write it, so that lines count. */
const written = (size: string, more: string[] = []): string =>
  source([
    '{',
    '  "type": "record", "name": "P", "namespace": "perps.v1",',
    '  "fields": [',
    '    { "name": "owner", "type": "string" },',
    `    { "name": "size", "type": ${size} }${more.length > 0 ? ',' : ''}`,
    ...more,
    '  ]',
    '}',
  ]);

const parse = (text: string, label = 'main'): AvroDoc => parseAvro({ text, file: 'schemas/p.avsc', label });

describe('a finding', () => {
  it('points at the number that changed', () => {
    const older = parse(written('{ "type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 8 }'));
    const newer = parse(written('{ "type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 6 }'), 'here');
    expect(checkAvroCompatibility(older, newer, 'FULL_TRANSITIVE')).toEqual([
      {
        rule: 'DECIMAL_SCALE_CHANGED',
        path: '/fields/size/type/scale',
        file: 'schemas/p.avsc',
        line: 5,
        column: 102,
        message: expect.stringMatching(/^size: decimal\(38,6\) was decimal\(38,8\); .*10\^2 times off/),
        remedy: expect.stringContaining('new optional one'),
        severity: 'error',
        against: 'main',
      },
    ]);
  });

  it('about a removed field points at the fields that are left', () => {
    const older = parse(written('"long"', ['    { "name": "slot", "type": "long" }']));
    const [finding, ...others] = checkAvroCompatibility(older, parse(written('"long"')), 'FULL');
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: 'FIELD_REMOVED_WITHOUT_DEFAULT', path: '/fields/slot', line: 3, column: 13 });
  });

  it('says why a misspelt logical type no longer counts', () => {
    const older = parse(written('{ "type": "long", "logicalType": "timestamp-millis" }'));
    const newer = parse(written('{ "type": "long", "logicalType": "timestamp-mills" }'));
    const [finding] = checkAvroCompatibility(older, newer, 'BACKWARD');
    expect(finding?.message).toContain('"timestamp-mills" is ignored, since Avro does not know it');
    expect(finding).toMatchObject({ path: '/fields/size/type/logicalType', line: 5, column: 64 });
  });

  it('in a record used twice is told once, where the record is defined', () => {
    const twice = (type: string) =>
      source([
        '{ "type": "record", "name": "P", "fields": [',
        '  { "name": "a", "type": { "type": "record", "name": "Money", "fields": [',
        `    { "name": "amount", "type": "${type}" } ] } },`,
        '  { "name": "b", "type": "Money" } ] }',
      ]);
    const findings = checkAvroCompatibility(parse(twice('long')), parse(twice('string')), 'BACKWARD');
    expect(findings).toMatchObject([{ rule: 'TYPE_CHANGED', path: '/fields/a/type/fields/amount/type', line: 3 }]);
    expect(findings[0]?.message).toMatch(/^a\.amount: string was long; readers with the new schema/);
  });
});

describe('notes', () => {
  const notes = (older: unknown, newer: unknown, level: CompatibilityLevel = 'BACKWARD') =>
    check(older, newer, level).map(({ rule, severity, message }) => `${severity} ${rule} ${message.split(';')[0]}`);
  const limited = (attributes: object) => ({
    type: 'record',
    name: 'P',
    fields: [{ name: 'x', type: 'string', ...attributes }],
  });

  it.each([
    [{ maxLength: 20 }, { maxLength: 40 }, ['note LIMIT_WIDENED x: maxLength 40 was 20']],
    [{ maxLength: 40 }, { maxLength: 20 }, ['note LIMIT_NARROWED x: maxLength 20 was 40']],
    [{ minLength: 1 }, { minLength: 2 }, ['note LIMIT_NARROWED x: minLength 2 was 1']],
    [{ maximum: 10 }, {}, ['note LIMIT_WIDENED x: maximum none was 10']],
    [{}, { minimum: 0 }, ['note LIMIT_NARROWED x: minimum 0 was none']],
    [{ allowed: ['A'] }, { allowed: ['A', 'B'] }, ['note LIMIT_WIDENED x: allowed A, B was A']],
    [
      { allowed: ['A', 'B'] },
      { allowed: ['A', 'C'] },
      ['note LIMIT_NARROWED x: allowed A, C was A, B', 'note LIMIT_WIDENED x: allowed A, C was A, B'],
    ],
    [{ allowed: ['A'] }, {}, ['note LIMIT_WIDENED x: allowed any was A']],
    [{ allowed: ['A', 'B'] }, { allowed: ['B', 'A'] }, []],
  ])('limits %j → %j', (older, newer, expected) => {
    expect(notes(limited(older), limited(newer))).toEqual(expected);
  });

  it('say that a promotion loses digits', () => {
    const of = (type: string) => ({ type: 'record', name: 'P', fields: [{ name: 'slot', type }] });
    expect(notes(of('long'), of('double'))).toEqual(['note PROMOTION_LOSSY slot: double was long']);
    expect(notes(of('int'), of('long'))).toEqual(['note TYPE_PROMOTED slot: long was int']);
    expect(notes(of('int'), of('double'))).toEqual(['note TYPE_PROMOTED slot: double was int']);
  });

  it('say nothing of a promotion that a better branch of a union spares the reader', () => {
    const of = (type: unknown) => ({ type: 'record', name: 'P', fields: [{ name: 'slot', type }] });
    expect(notes(of('long'), of(['double', 'long']))).toEqual([]);
  });

  it('say what a removed field and a changed default mean', () => {
    const of = (...fields: object[]) => ({ type: 'record', name: 'P', fields });
    expect(notes(of({ name: 'a', type: 'int' }), of())).toEqual(['note FIELD_REMOVED a is gone from P']);
    const withDefault = (value?: number) =>
      of({ name: 'a', type: 'int', ...(value === undefined ? {} : { default: value }) });
    expect(notes(withDefault(1), withDefault(2))).toEqual(['note DEFAULT_CHANGED a: default 2 was 1']);
    expect(notes(withDefault(1), withDefault())).toEqual(['note DEFAULT_CHANGED a: default none was 1']);
  });
});

describe('a history', () => {
  const versions = [
    doc({ type: 'record', name: 'P', fields: [] }, 'version 1'),
    doc({ type: 'record', name: 'P', fields: [{ name: 'a', type: 'int', default: 0 }] }, 'version 2'),
  ];
  const newer = doc({ type: 'record', name: 'P', fields: [{ name: 'a', type: 'int' }] });

  it('counts its latest version only, unless the level is transitive', () => {
    expect(errorRules(checkAvroHistory(versions, newer, 'BACKWARD'))).toEqual([]);
    expect(errorRules(checkAvroHistory(versions, newer, 'BACKWARD_TRANSITIVE'))).toEqual([
      'FIELD_ADDED_WITHOUT_DEFAULT',
    ]);
  });

  it('names every version that a finding concerns', () => {
    const retyped = doc({ type: 'record', name: 'P', fields: [{ name: 'a', type: 'string', default: '' }] });
    const same = [
      ...versions.slice(1),
      doc({ type: 'record', name: 'P', fields: [{ name: 'a', type: 'int' }] }, 'version 3'),
    ];
    const errors = checkAvroHistory(same, retyped, 'BACKWARD_TRANSITIVE').filter(
      ({ severity }) => severity === 'error',
    );
    expect(errors).toMatchObject([{ rule: 'TYPE_CHANGED', against: 'version 2, version 3' }]);
  });

  it('judges the defaults of the schema itself, even without older versions', () => {
    const wrong = doc({ type: 'record', name: 'P', fields: [{ name: 'a', type: ['null', 'string'], default: '' }] });
    const [finding] = checkAvroHistory([], wrong, 'NONE');
    expect(finding).toMatchObject({ rule: 'DEFAULT_INVALID', path: '/fields/a/default', severity: 'error' });
    expect(finding?.remedy).toContain('put string first in the union');
  });
});
