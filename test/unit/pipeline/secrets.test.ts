import { expect, test } from 'vitest';
import { ConnectError } from '../../../core/errors.ts';
import { resolveSecret } from '../../../pipeline/secrets.ts';
import { projectFolder } from './project-folder.ts';

const reference = (inside: string): string => `$\{${inside}}`;

test('an environment variable', () => {
  expect(resolveSecret(reference('env:PGPASSWORD'), { root: '/', env: { PGPASSWORD: 's3 cret-1' } })).toBe('s3 cret-1');
});

test('a key of a properties file, relative to the project', () => {
  const root = projectFolder({
    'a/secrets.properties': '# database.password=old\nother=1\ndatabase.password = x=y:z of it \n',
  });
  const value = resolveSecret(reference('file:a/secrets.properties:database.password'), { root, env: {} });
  expect(value).toBe('x=y:z of it ');
});

test('a value is unescaped as the worker unescapes it, and of two lines of a key the last counts', () => {
  const root = projectFolder({
    '.env': ['password=old', 'password=back\\\\slash\\u00fc\\=', 'long = one,two,\\', '  three'].join('\n'),
  });
  const secret = (key: string) => resolveSecret(reference(`file:.env:${key}`), { root, env: {} });
  expect(secret('password')).toBe('back\\slashü=');
  expect(secret('long')).toBe('one,two,three');
});

test.each([
  ['env:NOBODY', `secret ${reference('env:NOBODY')} cannot be resolved: the environment variable NOBODY is not set`],
  ['env:EMPTY', 'the environment variable EMPTY is not set'],
  ['file:nowhere.properties:k', 'nowhere.properties cannot be read (ENOENT)'],
  ['file:record.avsc:k', 'record.avsc has no value for k'],
  ['file:record.avsc:constructor', 'record.avsc has no value for constructor'],
])('%s without a value is refused by its reference', (inside, message) => {
  const root = projectFolder({});
  expect(() => resolveSecret(reference(inside), { root, env: { EMPTY: '' } })).toThrow(message);
});

test('the local stack is pointed to when its secrets are not there yet', () => {
  const root = projectFolder({});
  try {
    resolveSecret(reference('file:.connect/secrets.properties:database.password'), { root, env: {} });
    expect.unreachable();
  } catch (error) {
    expect((error as ConnectError).hint).toContain('connect up');
  }
});

test('plain text is refused without being repeated', () => {
  try {
    resolveSecret('hunter2', { root: '/', env: {} });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConnectError);
    expect(JSON.stringify(error) + (error as Error).message).not.toContain('hunter2');
  }
});
