import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ruleGroups } from '../../../contract/all-rules.ts';
import { rulesDocument } from '../../../contract/rules-document.ts';
import { packageRoot } from '../../../core/package-root.ts';

const rules = ruleGroups.flatMap((group) => group.rules);

it('docs/contract-rules.md lists exactly the rules there are', () => {
  const text = readFileSync(join(packageRoot(), 'docs', 'contract-rules.md'), 'utf8');
  expect(text).toBe(rulesDocument());
});

it('every rule in contract/rules is applied', () => {
  const folder = join(packageRoot(), 'contract', 'rules');
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const defined = texts.flatMap((text) => [...text.matchAll(/^ {2}id: '(\w+)'/gm)].map(([, id]) => id));
  expect(rules.map(({ id }) => id).sort()).toEqual(defined.sort());
});

it('every rule has an id of its own and says what must hold and what happens otherwise', () => {
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
  for (const { id, what, why } of rules) {
    expect(id).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(what).toMatch(/\.$/);
    expect(why).toMatch(/\.$/);
  }
});
