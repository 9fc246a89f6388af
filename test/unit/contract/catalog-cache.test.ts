import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { migratedCatalog } from '../../../contract/catalog-cache.ts';
import type { MigratedCatalog } from '../../../contract/migrated-catalog.ts';
import type { SqlScript } from '../../../contract/sql-parser.ts';

let folder: string;
let runs: number;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perps-connect-cache-'));
  runs = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const script = (sql: string, file = 'migrations/0001_a.sql'): SqlScript => ({ file, sql, firstLine: 1 });
/** Counts, and marks its result with the SQL, so that a stale answer shows. */
const run = async (scripts: readonly SqlScript[]): Promise<MigratedCatalog> => {
  runs += 1;
  return {
    catalog: { relations: {}, functions: {} },
    places: {},
    dropped: {},
    limits: {},
    reservedWords: scripts.map(({ sql }) => sql),
  };
};
const catalogOf = async (...scripts: SqlScript[]): Promise<readonly string[]> =>
  (await migratedCatalog(scripts, folder, run)).reservedWords;
const stored = (): string => join(folder, readdirSync(folder)[0] ?? '');

it('the same migrations run once', async () => {
  await catalogOf(script('a'), script('b', 'migrations/0002_b.sql'));
  expect(await catalogOf(script('a'), script('b', 'migrations/0002_b.sql'))).toEqual(['a', 'b']);
  expect(runs).toBe(1);
});

it.each([
  ['an edited text', [script('a2')]],
  ['one more migration', [script('a'), script('b', 'migrations/0002_b.sql')]],
  ['another file name', [script('a', 'migrations/0003_a.sql')]],
  ['another first line', [{ ...script('a'), firstLine: 2 }]],
])('%s runs anew', async (_name, scripts) => {
  await catalogOf(script('a'));
  await catalogOf(...scripts);
  expect(runs).toBe(2);
});

it('going back to an earlier state finds its catalog again', async () => {
  await catalogOf(script('a'));
  await catalogOf(script('b'));
  expect(await catalogOf(script('a'))).toEqual(['a']);
  expect(runs).toBe(2);
});

it.each([
  ['cut short', (text: string) => text.slice(0, text.length / 2)],
  ['edited', (text: string) => text.replace('aaa', 'bbb')],
  ['empty', () => ''],
  ['no JSON object', () => 'null'],
])('a stored catalog that is %s is not believed', async (_name, damage) => {
  await catalogOf(script('aaa'));
  writeFileSync(stored(), damage(readFileSync(stored(), 'utf8')));
  expect(await catalogOf(script('aaa'))).toEqual(['aaa']);
  expect(runs).toBe(2);
  expect(await catalogOf(script('aaa'))).toEqual(['aaa']);
  expect(runs).toBe(2);
});

it('a folder that cannot be written costs time, not the answer', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, '');
  chmodSync(folder, 0o500);
  const below = join(file, 'cache');
  expect((await migratedCatalog([script('a')], below, run)).reservedWords).toEqual(['a']);
  chmodSync(folder, 0o700);
});

it('only the newest few catalogs stay', async () => {
  for (let index = 0; index < 12; index += 1) await catalogOf(script(String(index)));
  expect(readdirSync(folder)).toHaveLength(8);
});
