import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConnectError } from '../../../core/errors.ts';
import { loadAvroSchema, parseAvroSchema } from '../../../schemas/avro-schema.ts';

const fieldOf = (field: unknown) =>
  parseAvroSchema(JSON.stringify({ type: 'record', name: 'R', namespace: 'x', fields: [field] }), 'x.avsc').fields[0];

describe('reading an Avro schema', () => {
  it('gives the positions’ full name, text and fields with the limits of the table', () => {
    const path = resolve(import.meta.dirname, '../../../schemas/position-update.avsc');
    const { name, text, fields } = loadAvroSchema(path);
    expect(name).toBe('perps.v1.PositionUpdate');
    expect(JSON.parse(text)).toMatchObject({ name: 'PositionUpdate' });
    const byName = Object.fromEntries(fields.map((field) => [field.name, field]));
    expect(byName.size).toMatchObject({ kind: 'decimal', precision: 38, scale: 8, nullable: false });
    expect(byName.realized_pnl).toMatchObject({ kind: 'decimal', precision: 38, scale: 6 });
    expect(byName.position_account).toMatchObject({ kind: 'string', minLength: 1, maxLength: 44 });
    expect(byName.leverage).toMatchObject({ kind: 'int', minimum: 0n, maximum: 32_767n });
    expect(byName.slot).toMatchObject({ kind: 'long', minimum: 0n });
    expect(byName.block_time).toMatchObject({ kind: 'timestamp-millis' });
    expect(byName.side?.allowed).toEqual(['Long', 'Short']);
  });

  it('documents every field', () => {
    const { fields } = loadAvroSchema(resolve(import.meta.dirname, '../../../schemas/position-update.avsc'));
    expect(fields.filter(({ doc }) => doc === undefined || doc === '')).toEqual([]);
  });

  it('knows a field that may be null, whichever branch comes first', () => {
    expect(fieldOf({ name: 'a', type: ['null', 'long'] })).toMatchObject({ kind: 'long', nullable: true });
    expect(fieldOf({ name: 'a', type: ['long', 'null'] })).toMatchObject({ kind: 'long', nullable: true });
  });

  it('takes a limit beyond 2^53 as text, exactly', () => {
    expect(fieldOf({ name: 'a', type: 'long', maximum: '9223372036854775807' })).toMatchObject({
      maximum: 9_223_372_036_854_775_807n,
    });
  });

  it.each([
    ['a union of two types', { name: 'a', type: ['null', 'int', 'long'] }, 'union'],
    ['an array of doubles', { name: 'a', type: { type: 'array', items: 'double' } }, 'JSON for jsonb'],
    ['a nested record', { name: 'a', type: { type: 'record', name: 'N', fields: [] } }, 'flat'],
    ['a decimal without precision', { name: 'a', type: { type: 'bytes', logicalType: 'decimal' } }, 'precision'],
    [
      'a scale above its precision',
      { name: 'a', type: { type: 'bytes', logicalType: 'decimal', precision: 2, scale: 3 } },
      'precision',
    ],
    [
      'a logical type that would lose digits',
      { name: 'a', type: { type: 'long', logicalType: 'timestamp-micros' } },
      'timestamp-micros',
    ],
    ['a limit that is no whole number', { name: 'a', type: 'string', maxLength: 4.5 }, 'maxLength'],
    ['a limit that a JSON number cannot hold', { name: 'a', type: 'long', maximum: 2 ** 63 }, 'as text beyond 2^53'],
    ['an empty list of words', { name: 'a', type: 'string', allowed: [] }, 'allowed'],
  ])('refuses %s and names file and field', (_what, field, reason) => {
    let caught: unknown;
    try {
      fieldOf(field);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(ConnectError);
    expect((caught as ConnectError).code).toBe('INVALID_DEFINITION');
    expect((caught as ConnectError).message).toMatch(/^Avro schema x\.avsc: field a /);
    expect((caught as ConnectError).message).toContain(reason);
  });

  it('refuses what is no record, no JSON or no file', () => {
    expect(() => parseAvroSchema('{', 'x.avsc')).toThrow('x.avsc is not JSON');
    expect(() => parseAvroSchema('{"type":"enum"}', 'x.avsc')).toThrow('x.avsc is not a record');
    expect(() => loadAvroSchema('/nowhere/x.avsc')).toThrow('Avro schema /nowhere/x.avsc cannot be read');
  });
});
