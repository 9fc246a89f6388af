import { resolve } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCatalog } from '../../../contract/catalog.ts';
import type { PackageGuards } from '../../../contract/guards.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { GOLDEN_DUMP, readMigrations } from '../../../migrations/files.ts';
import { dumpSchema, openPglite, PGLITE_TIMEOUT_MS, runPart } from '../../support/pglite.ts';

const folder = resolve(import.meta.dirname, '../../../migrations');
const migrations = readMigrations(folder);

/** Everything in the database that PostgreSQL did not bring along itself. */
async function leftovers(database: PGlite): Promise<unknown[]> {
  const { rows } = await database.query(`
    SELECT 'relation' AS kind, relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'type', typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
    UNION ALL SELECT 'schema', nspname FROM pg_namespace
      WHERE nspname NOT IN ('public', 'information_schema') AND nspname !~ '^pg_'
    UNION ALL SELECT 'extension', extname FROM pg_extension WHERE extname <> 'plpgsql'
    UNION ALL SELECT 'event trigger', evtname FROM pg_event_trigger`);
  return rows;
}

describe('the migrations', { timeout: PGLITE_TIMEOUT_MS }, () => {
  let database: PGlite;
  beforeAll(async () => {
    database = await openPglite();
  }, PGLITE_TIMEOUT_MS);
  afterAll(() => database.close());

  it('give the schema in migrations/schema.sql (renewed by `pnpm schema:dump`)', async () => {
    for (const file of migrations) await runPart(database, file, 'up');
    await expect(await dumpSchema(database)).toMatchFileSnapshot(resolve(folder, GOLDEN_DUMP));
  });

  it('give the triggers and functions that the check knows (renewed by `pnpm schema:dump`)', async () => {
    const query = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;
    const { relations, functions } = await readCatalog(query);
    const triggers = Object.values(relations)
      .filter((relation) => relation.triggers.length > 0)
      .map(({ name, triggers: own }) => [name, Object.fromEntries(own.map((one) => [one.name, one.definition]))]);
    const guards: PackageGuards = { triggers: Object.fromEntries(triggers), functions };
    const text = `${JSON.stringify(guards, undefined, 2)}\n`;
    await expect(text).toMatchFileSnapshot(resolve(packageRoot(), 'contract', 'package-guards.json'));
  });

  it('roll back one by one, each to what was there before it, and leave nothing at the end', async () => {
    const before: string[] = [];
    const fresh = await openPglite();
    try {
      for (const file of migrations) {
        before.push(await dumpSchema(fresh));
        await runPart(fresh, file, 'up');
      }
      for (const file of migrations.toReversed()) {
        await runPart(fresh, file, 'down');
        expect(await dumpSchema(fresh), file.name).toBe(before.pop());
      }
      expect(await leftovers(fresh)).toEqual([]);
      for (const file of migrations) await runPart(fresh, file, 'up');
      expect(await dumpSchema(fresh)).toBe(await dumpSchema(database));
    } finally {
      await fresh.close();
    }
  });
});
