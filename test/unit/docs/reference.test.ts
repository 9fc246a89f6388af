import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { referenceDocuments } from '../../support/reference/documents.ts';

const folder = resolve(import.meta.dirname, '../../../docs/reference');

it.each(Object.entries(referenceDocuments()))('docs/reference/%s is what the code says', async (name, text) => {
  await expect(text).toMatchFileSnapshot(join(folder, name));
});
