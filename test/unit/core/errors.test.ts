import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConnectError, type ErrorCode, rootCause } from '../../../core/errors.ts';
import { packageRoot } from '../../../core/package-root.ts';

describe('an error of this package', () => {
  it.each<[ErrorCode, number, boolean]>([
    ['USAGE', 64, false],
    ['FINDINGS', 3, false],
    ['DEPLOY_FAILED', 4, false],
    ['ROLLBACK_FAILED', 5, false],
    ['INTERRUPTED', 130, false],
    ['REFUSED', 1, false],
    ['NOT_FOUND', 1, false],
    ['UNREACHABLE', 1, true],
    ['TIMEOUT', 1, true],
    ['NOT_READY', 1, true],
  ])('%s ends the process with %i and may pass by itself: %s', (code, exitCode, retryable) => {
    expect(new ConnectError(code, 'x')).toMatchObject({ exitCode, retryable });
  });

  it('ends with exit codes that docs/output.md lists', () => {
    const documented = readFileSync(join(packageRoot(), 'docs/output.md'), 'utf8');
    for (const code of [1, 3, 4, 5, 64, 130]) expect(documented).toMatch(new RegExp(`^\\| ${code} \\|`, 'm'));
  });

  it('is printed as JSON without its cause, which may hold anything', () => {
    const error = new ConnectError('REFUSED', 'no', {
      hint: 'ask again',
      details: { status: 403 },
      cause: new Error('Authorization: Basic c2VjcmV0'),
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'REFUSED',
      message: 'no',
      hint: 'ask again',
      details: { status: 403 },
    });
  });

  it('is made of anything that was thrown, and stays itself', () => {
    const own = new ConnectError('TIMEOUT', 'too slow');
    expect(ConnectError.from(own)).toBe(own);
    const foreign = new RangeError('out of range');
    expect(ConnectError.from(foreign)).toMatchObject({ code: 'INTERNAL', message: 'out of range', cause: foreign });
    expect(ConnectError.from('a text')).toMatchObject({ code: 'INTERNAL', message: 'a text', cause: 'a text' });
  });
});

describe('the root cause', () => {
  it('is the innermost of a chain, whatever was thrown there', () => {
    const inner = new Error('ECONNREFUSED');
    expect(rootCause(new ConnectError('UNREACHABLE', 'x', { cause: new Error('y', { cause: inner }) }))).toBe(inner);
    expect(rootCause(new Error('x', { cause: 'text' }))).toBe('text');
    expect(rootCause('text')).toBe('text');
  });

  it('is found in a chain that bites its own tail', () => {
    const one = new Error('one');
    one.cause = one;
    expect(rootCause(one)).toBe(one);
  });
});
