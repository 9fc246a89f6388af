import { hash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageFile } from '../core/package-root.ts';
import { writeWhole } from '../core/write-whole.ts';
import { type MigratedCatalog, runMigrations } from './migrated-catalog.ts';
import { withSandbox } from './sandbox.ts';
import type { SqlScript } from './sql-parser.ts';

/** Raise it when the stored form or its meaning changes. */
const FORMAT = 7;
/** How many catalogs stay: people switch branches back and forth. */
const KEPT = 8;

/** Runs migrations in an empty database. */
export type RunMigrations = (scripts: readonly SqlScript[]) => Promise<MigratedCatalog>;

/**
 * The catalog of a project's migrations. It comes from the cache when the same PGlite has run the same texts before: that
 * takes milliseconds, and booting PGlite 2 s. A `folder` that cannot be written keeps nothing.
 */
export async function migratedCatalog(
  scripts: readonly SqlScript[],
  folder: string,
  run: RunMigrations = runInPglite,
): Promise<MigratedCatalog> {
  const key = keyOf(scripts);
  const cached = readCached(join(folder, fileOf(key)), key);
  if (cached !== undefined) return cached;
  const catalog = await run(scripts);
  if (catalog.failure?.isLimit !== true) keep(folder, key, catalog);
  return catalog;
}

const runInPglite: RunMigrations = (scripts) => withSandbox((sandbox) => runMigrations(sandbox, scripts));

function keyOf(scripts: readonly SqlScript[]): string {
  const texts = scripts.map(({ file, sql, firstLine }) => [file, firstLine, sql]);
  return hash('sha256', JSON.stringify([FORMAT, pgliteVersion(), texts]));
}

function pgliteVersion(): string {
  const { dependencies } = JSON.parse(packageFile('package.json')) as {
    dependencies: Record<string, string>;
  };
  return dependencies['@electric-sql/pglite'] ?? '';
}

const fileOf = (key: string): string => `catalog-${key.slice(0, 32)}.json`;

/** A file that is cut short, edited or of another key counts as missing. */
function readCached(path: string, key: string): MigratedCatalog | undefined {
  try {
    const stored = JSON.parse(readFileSync(path, 'utf8')) as { key: string; digest: string; text: string };
    if (stored.key !== key || stored.digest !== hash('sha256', stored.text)) return undefined;
    return JSON.parse(stored.text) as MigratedCatalog;
  } catch {
    return undefined;
  }
}

/** A cache that cannot be written is no failure: the next check takes longer. */
function keep(folder: string, key: string, catalog: MigratedCatalog): void {
  const text = JSON.stringify(catalog);
  try {
    writeWhole(join(folder, fileOf(key)), JSON.stringify({ key, digest: hash('sha256', text), text }));
    removeOldest(folder);
  } catch {
    return;
  }
}

function removeOldest(folder: string): void {
  const stored = readdirSync(folder)
    .filter((name) => /^catalog-[0-9a-f]{32}\.json$/.test(name))
    .map((name) => ({ name, age: statSync(join(folder, name)).mtimeMs }))
    .sort((a, b) => b.age - a.age);
  for (const { name } of stored.slice(KEPT)) rmSync(join(folder, name), { force: true });
}
