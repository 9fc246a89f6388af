import { expect, test } from 'vitest';
import { optionalPackage } from '../../../core/optional-package.ts';

test('a package that is not installed is asked for by name', async () => {
  const absent = 'perps-connect-absent-package';
  await expect(optionalPackage(absent, 'a test', () => import(absent))).rejects.toMatchObject({
    code: 'ENVIRONMENT',
    message: `the package ${absent} is not installed; a test needs it`,
    hint: expect.stringContaining(`pnpm add ${absent}`),
  });
});
