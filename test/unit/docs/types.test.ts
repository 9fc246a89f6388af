import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { typesDocument } from '../../support/types/document.ts';

it('docs/types.md is what the tests prove', async () => {
  await expect(typesDocument()).toMatchFileSnapshot(resolve(import.meta.dirname, '../../../docs/types.md'));
});
