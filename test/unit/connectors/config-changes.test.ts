import { expect, test } from 'vitest';
import { configChanges } from '../../../connectors/config-changes.ts';

test('equal configurations differ in nothing, whatever their order', () => {
  expect(configChanges({ a: '1', b: '2' }, { b: '2', a: '1' })).toEqual([]);
});

test('added, changed and removed keys, sorted', () => {
  expect(configChanges({ b: '1', c: 'x' }, { b: '2', a: 'y' })).toEqual([
    { key: 'a', before: undefined, after: 'y' },
    { key: 'b', before: '1', after: '2' },
    { key: 'c', before: 'x', after: undefined },
  ]);
});

test('a secret in the live configuration is not repeated, a reference is', () => {
  const reference = '$' + '{env:PGPASSWORD}';
  expect(configChanges({ 'connection.password': 'hunter2' }, { 'connection.password': reference })).toEqual([
    { key: 'connection.password', before: '(secret)', after: reference },
  ]);
});
