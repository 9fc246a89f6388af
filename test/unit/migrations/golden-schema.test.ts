import { resolve } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GOLDEN_DUMP, readMigrations } from '../../../migrations/files.ts';
import { dumpSchema, openPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';

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
    for (const { up } of migrations) await database.exec(up);
    await expect(await dumpSchema(database)).toMatchFileSnapshot(resolve(folder, GOLDEN_DUMP));
  });

  it('roll back one by one, each to what was there before it, and leave nothing at the end', async () => {
    const before: string[] = [];
    const fresh = await openPglite();
    try {
      for (const { up } of migrations) {
        before.push(await dumpSchema(fresh));
        await fresh.exec(up);
      }
      for (const { name, down } of migrations.toReversed()) {
        await fresh.exec(down);
        expect(await dumpSchema(fresh), name).toBe(before.pop());
      }
      expect(await leftovers(fresh)).toEqual([]);
      for (const { up } of migrations) await fresh.exec(up);
      expect(await dumpSchema(fresh)).toBe(await dumpSchema(database));
    } finally {
      await fresh.close();
    }
  });
});
