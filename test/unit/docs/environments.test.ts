import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';
import { complaints } from '../pipeline/project-folder.ts';

/** The environment that a document shows. */
function shownIn(document: string): string {
  const [, environment] =
    /```yaml\n(environments:\n[\s\S]*?)```/.exec(readFileSync(join(packageRoot(), document), 'utf8')) ?? [];
  if (environment === undefined) throw new Error(`${document} shows no environment`);
  return environment;
}

it.each([
  ['docs/configuration.md', 'staging'],
  ['docs/msk.md', 'production'],
])('the environment of %s is one that loads', (document, name) => {
  expect(complaints({ 'connect.yaml': `default: ${name}\n${shownIn(document)}` })).toEqual([]);
});

it.each(['sasl', 'registryAuth', 'auth', 'reader', 'migrator', 'token'])('the first of them shows %s', (key) => {
  expect(shownIn('docs/configuration.md')).toMatch(new RegExp(`[ {]${key}:`));
});

it('none of them has a part without TLS', () => {
  for (const document of ['docs/configuration.md', 'docs/msk.md'])
    expect(shownIn(document)).not.toMatch(/http:|insecure|tls: none/);
});
