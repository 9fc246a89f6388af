import { expect, test } from 'vitest';
import {
  holdsReference,
  isByReference,
  isLocalReference,
  isReference,
  parseReference,
  referencesIn,
} from '../../../core/reference.ts';

const reference = (inside: string): string => `$\{${inside}}`;

test.each([
  ['env:PGPASSWORD', { provider: 'env', path: undefined, key: 'PGPASSWORD' }],
  [
    'file:/run/secrets.properties:db.password',
    { provider: 'file', path: '/run/secrets.properties', key: 'db.password' },
  ],
  ['secretsmanager:perps/db:password', { provider: 'secretsmanager', path: 'perps/db', key: 'password' }],
  ['ssm::/perps/db?ttl=60000', { provider: 'ssm', path: '', key: '/perps/db?ttl=60000' }],
  ['s3import:eu-west-1:bucket/a:b', { provider: 's3import', path: 'eu-west-1', key: 'bucket/a:b' }],
])('%s has a provider, a path and a key, as Kafka reads them', (inside, parts) => {
  expect(parseReference(reference(inside))).toEqual({ text: reference(inside), ...parts });
});

test.each([
  'hunter2',
  reference('topic'),
  reference('env:'),
  `x${reference('env:A')}`,
  `${reference('env:A')}x`,
  `${reference('env:A')}${reference('env:B')}`,
  '$' + '{env:A',
])('%s is no reference', (value) => {
  expect(isReference(value)).toBe(false);
});

test('a longer text may hold several references', () => {
  const text = `user="${reference('env:A')}" password="${reference('file:a:b')}" ${reference('topic')}`;
  expect(referencesIn(text).map((one) => one.text)).toEqual([reference('env:A'), reference('file:a:b')]);
  expect(holdsReference(text)).toBe(true);
  expect(holdsReference(`table ${reference('topic')}`)).toBe(false);
});

test.each([
  ['env:PGPASSWORD', true],
  ['file:.env:PGPASSWORD', true],
  ['env:PG-PASSWORD', false],
  ['env:a:b', false],
  ['file:key', false],
  ['file::key', false],
  ['secretsmanager:perps/db:password', false],
])('%s is resolved on this machine: %s', (inside, isLocal) => {
  expect(isLocalReference(reference(inside))).toBe(isLocal);
});

test.each([
  [reference('env:A'), true],
  [`Bearer ${reference('env:A')}`, true],
  [`perps@example.com:${reference('vault:a:b')}`, true],
  ['Bearer abc', false],
  [`two words:${reference('env:A')}`, false],
  [`perps:hunter2${reference('env:A')}`, false],
  [`Bearer ${reference('env:A')}.more`, false],
])('the secret of %s stands elsewhere: %s', (value, isElsewhere) => {
  expect(isByReference(value)).toBe(isElsewhere);
});
