import { expect, test } from 'vitest';
import { compareVersions, isOlder } from '../../../core/version.ts';

test.each([
  ['3.6', '3.10.1', -1],
  ['v20.12.0', '20.12', 0],
  ['7.5.0-ccs', '3.6', 1],
  ['18.4 (Debian 18.4-1)', '18', 1],
  ['2.0.1.Final', '2.0.1', 0],
  ['1.0.0.Beta1', '1.0.0.Beta2', -1],
])('%s against %s', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
  expect(Math.sign(compareVersions(b, a))).toBe(sign === 0 ? 0 : -sign);
  expect(isOlder(a, b)).toBe(sign < 0);
});
