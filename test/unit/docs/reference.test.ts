import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { referenceDocuments } from '../../support/reference/documents.ts';

const folder = resolve(import.meta.dirname, '../../../docs/reference');

it.each(Object.entries(referenceDocuments()))('docs/reference/%s is what the code says', async (name, text) => {
  await expect(text).toMatchFileSnapshot(join(folder, name));
});

it('each document of -o json has keys, and each exit code a meaning', () => {
  const { 'json-output.md': output = '', 'error-codes.md': codes = '' } = referenceDocuments();
  const sections = output.split('\n## ').slice(1);
  expect(sections.length).toBeGreaterThan(40);
  expect(sections.filter((section) => !section.includes('\n| `')).map((section) => section.split('\n')[0])).toEqual([]);
  const page = readFileSync(join(folder, '../output.md'), 'utf8');
  const exits = [...codes.matchAll(/^\| `[A-Z_]+` \| (\d+)/gm)].map(([, exit]) => exit);
  expect(exits.length).toBeGreaterThan(10);
  expect(exits.filter((exit) => !page.includes(`\n| ${exit} |`))).toEqual([]);
});
