import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ruleGroups } from '../../../contract/all-rules.ts';
import { readCatalog } from '../../../contract/catalog.ts';
import { readGroupRights } from '../../../contract/group-rights.ts';
import { loadContract } from '../../../contract/load-contract.ts';
import type { MigratedCatalog } from '../../../contract/migrated-catalog.ts';
import { packageRoot } from '../../../core/package-root.ts';
import { loadProject, selectStreams } from '../../../pipeline/load.ts';
import { openMigratedPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';

/** The shipped project: its table, rollup, triggers and functions. */
const project = loadProject(packageRoot(), {});
let database: PGlite;

beforeAll(async () => {
  database = await openMigratedPglite();
}, PGLITE_TIMEOUT_MS);
afterAll(() => database.close());

/** What the rules say of a stream after one more migration. */
async function brokenBy(sql: string, name = 'positions'): Promise<string[]> {
  await database.exec('BEGIN');
  try {
    await database.exec(sql);
    const query = async (text: string) => (await database.query<Record<string, unknown>>(text)).rows;
    const [catalog, rights] = [await readCatalog(query), await readGroupRights(query)];
    const migrated: MigratedCatalog = { catalog, places: {}, dropped: {}, limits: {}, reservedWords: [], rights };
    const [stream] = selectStreams(project, [name]);
    if (stream === undefined) throw new Error(`no stream ${name}`);
    const contract = loadContract(project, stream, migrated);
    return ruleGroups.flatMap(({ rules }) =>
      rules.flatMap((rule) => [...rule.check(contract)].map(({ path }) => `${rule.id} ${path}`)),
    );
  } finally {
    await database.exec('ROLLBACK');
  }
}

it.each(['positions', 'funding_payments'])('the shipped stream %s is as it is to be', async (name) => {
  expect(await brokenBy('SELECT 1', name)).toEqual([]);
});

it.each([
  ['DROP TRIGGER positions_note_update ON positions', ['TABLE_TRIGGER positions.positions_note_update']],
  ['ALTER TABLE positions DISABLE TRIGGER positions_note_insert', ['TABLE_TRIGGER positions.positions_note_insert']],
  [
    'ALTER TABLE position_days_pending ENABLE REPLICA TRIGGER position_days_pending_fold',
    ['TABLE_TRIGGER position_days_pending.position_days_pending_fold'],
  ],
  ['DROP TRIGGER positions_keep_later_update ON positions', ['TABLE_TRIGGER positions.positions_keep_later_update']],
  ['DROP TRIGGER positions_mark_correction ON positions', ['TABLE_TRIGGER positions.positions_mark_correction']],
  [
    'CREATE OR REPLACE FUNCTION note_new_positions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$',
    ['TABLE_FUNCTION note_new_positions', 'SINK_RIGHTS position_days', 'SINK_RIGHTS position_days_pending'],
  ],
  ['DROP FUNCTION unfold_positions(VARCHAR[], TIMESTAMP[])', ['TABLE_FUNCTION unfold_positions']],
  ['ALTER FUNCTION fold_positions SET statement_timeout = 10', ['TABLE_FUNCTION fold_positions']],
  [
    `CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
     CREATE TRIGGER keep_days BEFORE DELETE ON position_days FOR EACH ROW EXECUTE FUNCTION nothing()`,
    ['TABLE_TRIGGER position_days.keep_days'],
  ],
  ["ALTER TABLE position_days ADD CONSTRAINT longs CHECK (side = 'Long')", ['ROW_CONSTRAINT position_days.longs']],
  [
    'ALTER FUNCTION fold_pending_positions() SECURITY INVOKER',
    ['SINK_RIGHTS position_days', 'SINK_RIGHTS position_days_pending'],
  ],
  [
    "DO $$ BEGIN EXECUTE format('REVOKE INSERT ON positions FROM %I', group_role('sink')); END $$",
    ['SINK_RIGHTS positions'],
  ],
  [
    "DO $$ BEGIN EXECUTE format('REVOKE USAGE ON SEQUENCE positions_id_seq FROM %I', group_role('sink')); END $$",
    ['SINK_RIGHTS positions'],
  ],
  [
    "DO $$ BEGIN EXECUTE format('REVOKE SELECT ON current_positions FROM %I', group_role('reader')); END $$",
    ['READER_RIGHTS current_positions'],
  ],
  ['REVOKE DELETE ON position_days FROM CURRENT_USER', ['TABLE_PRIVILEGE position_days']],
])('%s is refused', async (sql, broken) => {
  expect(await brokenBy(sql)).toEqual(broken);
});

it.each([
  'ALTER FUNCTION fold_positions SECURITY DEFINER SET search_path = pg_catalog, public',
  'ALTER TABLE positions ENABLE ALWAYS TRIGGER positions_note_insert',
  'CREATE INDEX more ON position_days (symbol)',
])('%s passes', async (sql) => {
  expect(await brokenBy(sql)).toEqual([]);
});
