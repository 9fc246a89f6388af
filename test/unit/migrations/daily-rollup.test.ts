import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { knownCause } from '../../../connectors/wait/known-causes.ts';
import { openMigratedPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { upsert } from '../../support/position-rows.ts';
import { createWrites } from '../../support/position-writes.ts';
import { ROLLUP_DIFFERENCES, viewsOverHistory } from '../../support/rollup-check.ts';
import { seededRandom } from '../../support/seeded-random.ts';

let database: PGlite;

beforeAll(async () => {
  database = await openMigratedPglite();
  await database.exec(viewsOverHistory());
}, PGLITE_TIMEOUT_MS);
afterAll(() => database.close());
beforeEach(() => database.exec('TRUNCATE positions RESTART IDENTITY'));

const select = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;

describe('the rollup', () => {
  it('is kept by a user with the rights that the hint of a refused permission names, and by none with fewer', async () => {
    const { hint = '' } = knownCause('PSQLException: permission denied for table position_days', '') ?? {};
    expect(hint).toContain('SELECT, INSERT and UPDATE on the table and USAGE on its sequences');
    expect(hint).toContain('SELECT, INSERT, UPDATE and DELETE on position_days');
    expect(hint).toContain('SELECT, INSERT and DELETE on position_days_pending');
    const write = async () => {
      const { text, values } = upsert([{ signature: 's1', kafka_offset: 1 }]);
      await database.query(text, values);
      await database.query(text, upsert([{ signature: 's1', kafka_offset: 2, slot: 99 }]).values);
      await database.query('DELETE FROM position_days_pending');
    };
    await database.exec('CREATE ROLE sink; GRANT SELECT, INSERT, UPDATE ON positions TO sink');
    await database.exec('GRANT USAGE ON SEQUENCE positions_id_seq TO sink; SET ROLE sink');
    try {
      await expect(write()).rejects.toThrow('permission denied');
      await database.exec('RESET ROLE; GRANT SELECT, INSERT, UPDATE, DELETE ON position_days TO sink');
      await database.exec('GRANT SELECT, INSERT, DELETE ON position_days_pending TO sink; SET ROLE sink');
      await write();
    } finally {
      await database.exec('RESET ROLE');
    }
    expect(await select('SELECT slot FROM position_days')).toEqual([{ slot: 99 }]);
  });

  it.each([1, 2, 3, 4])(
    'is what the history gives after any writes, and so are the views (seed %d)',
    async (seed) => {
      const random = seededRandom(seed);
      const next = createWrites(random, { accounts: ['P1', 'P2', 'P3'], writer: 'w', byHand: true });
      for (let step = 0; step < 60; step += 1) {
        const { text, values } = next();
        await database.query(text, [...values]);
        expect(await select(ROLLUP_DIFFERENCES), `step ${step}: ${text.slice(0, 200)} ${values}`).toEqual([]);
      }
      expect(await select('TABLE position_days')).not.toEqual([]);
    },
    PGLITE_TIMEOUT_MS,
  );
});
