import { describe, expect, it } from 'vitest';
import { type KnownFields, nextStep, rolloutSteps } from '../../../contract/rollout.ts';

const known = (migration: string, schema: string, connector: string): KnownFields => ({
  migration: new Set(migration.split('')),
  schema: new Set(schema.split('')),
  connector: new Set(connector.split('')),
});
const desired = known('abc', 'abc', 'abc');
const steps = (running: KnownFields) =>
  rolloutSteps(desired, running).map(
    ({ step, fields, overdue }) => `${step} ${fields.join('')}${overdue ? ' overdue' : ''}`,
  );

describe('what is left to do', () => {
  it('is nothing when everything runs as the files say', () => {
    expect(steps(desired)).toEqual([]);
  });

  it('is every step in order for a new optional field', () => {
    expect(steps(known('ab', 'ab', 'ab'))).toEqual(['migration c', 'schema c', 'connector c', 'producer c']);
  });

  it('is the rest once the migration has run', () => {
    expect(steps(known('abc', 'ab', 'ab'))).toEqual(['schema c', 'connector c', 'producer c']);
  });

  it('is the connector alone once the schema is registered', () => {
    expect(steps(known('abc', 'abc', 'ab'))).toEqual(['connector c']);
  });

  it('says that a migration is overdue when the schema ran ahead of it', () => {
    expect(steps(known('ab', 'abc', 'ab'))).toEqual(['migration c overdue', 'connector c']);
  });

  it('says that a migration is overdue when the connector ran ahead of it', () => {
    expect(steps(known('ab', 'ab', 'abc'))).toEqual(['migration c overdue', 'schema c overdue', 'producer c']);
  });

  it('is not troubled by columns and fields that no file wants any more', () => {
    expect(steps(known('abcxyz', 'abcx', 'abc'))).toEqual([]);
  });
});

it('a remedy names the step and its place in the order', () => {
  expect(nextStep('migration', 'adds the column venue')).toBe(
    'add a migration that adds the column venue (it goes first: migration → schema → connector → producer)',
  );
  expect(nextStep('schema', 'adds the field venue')).toContain('it goes after the migration');
});
