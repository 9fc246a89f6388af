import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OFTEN_GENERATIONS } from '../../support/often-generations.ts';
import { PARTITIONED_KEY, partitionedPositions } from '../../support/partitioned-positions.ts';
import { openMigratedPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { upsert } from '../../support/position-rows.ts';
import { createWrites } from '../../support/position-writes.ts';
import { ROLLUP_DIFFERENCES, viewsOverHistory } from '../../support/rollup-check.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const FORMS = [
  { form: 'one table', prepare: '', key: undefined },
  { form: 'one table, with generations that rise often', prepare: OFTEN_GENERATIONS, key: undefined },
  // The fourth day has no partition of its own.
  { form: 'partitions of a day', prepare: partitionedPositions('2026-03-01', 3), key: PARTITIONED_KEY },
];

describe.each(FORMS)('the rollup of a history in $form', ({ prepare, key }) => {
  let database: PGlite;
  beforeAll(async () => {
    database = await openMigratedPglite();
    await database.exec(prepare);
    await database.exec(viewsOverHistory());
  }, PGLITE_TIMEOUT_MS);
  afterAll(() => database.close());
  beforeEach(() => database.exec('TRUNCATE positions RESTART IDENTITY'));

  const select = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;

  it.each([1, 2, 3, 4])(
    'is what the history gives after any writes, and so are the views (seed %d)',
    async (seed) => {
      const random = seededRandom(seed);
      const next = createWrites(random, { accounts: ['P1', 'P2', 'P3'], writer: 'w', byHand: true, key });
      for (let step = 0; step < 60; step += 1) {
        const { text, values } = next();
        await database.query(text, [...values]);
        expect(await select(ROLLUP_DIFFERENCES), `step ${step}: ${text.slice(0, 200)} ${values}`).toEqual([]);
      }
      expect(await select('TABLE position_days')).not.toEqual([]);
    },
    PGLITE_TIMEOUT_MS,
  );

  it('raises no generation where nobody keeps a snapshot: pages are cleaned before they are full', async () => {
    for (let slot = 1; slot <= 200; slot += 1) {
      const { text, values } = upsert([{ position_account: 'P1', signature: `${slot}`, slot }], key);
      await database.query(text, [...values]);
    }
    const [row] = await select('SELECT generation FROM position_days WHERE is_current');
    if (prepare === OFTEN_GENERATIONS) expect(row?.generation).toBeGreaterThan(100);
    else expect(row?.generation).toBe(0);
  });
});
