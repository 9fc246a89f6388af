import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../core/package-root.ts';

it('every page of docs/ stands in the sidebar of the site', () => {
  const config = readFileSync(join(packageRoot(), 'site/rspress.config.ts'), 'utf8');
  const sidebar = config.slice(config.indexOf('sidebar:'));
  const pages = ['.', 'reference'].flatMap((folder) =>
    readdirSync(join(packageRoot(), 'docs', folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name.replace(/\.md$/, ''))),
  );
  expect(pages.length).toBeGreaterThan(25);
  expect(pages.filter((page) => !sidebar.includes(`'${page}'`))).toEqual([]);
});
