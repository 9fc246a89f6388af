import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PARTITIONED_KEY, partitionedPositions } from '../../support/partitioned-positions.ts';
import { openMigratedPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { type PositionRow, upsert } from '../../support/position-rows.ts';
import { createWrites } from '../../support/position-writes.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const KEPT_FROM = '2026-03-03';

/** Rows of the rollup that are not what the kept history and its own older days give. */
const DIFFERENCES = `
  SELECT 'surplus' AS what, * FROM (TABLE position_days EXCEPT ALL TABLE position_days_from_history) AS surplus
  UNION ALL SELECT 'missing', * FROM (TABLE position_days_from_history EXCEPT ALL TABLE position_days) AS missing`;
/** Older days of the rollup that are gone since `remembered` was made, or hold an older state than they did. */
const WENT_BACK = `
  SELECT * FROM remembered AS r LEFT JOIN position_days AS d USING (position_account, day)
  WHERE d.day IS NULL OR (d.slot, coalesce(d.ordinal, 2147483648), coalesce(d.kafka_offset, -1))
    < (r.slot, coalesce(r.ordinal, 2147483648), coalesce(r.kafka_offset, -1))`;

const PARTITIONED = partitionedPositions('2026-03-01', 4);
const FORMS = [
  {
    form: 'one table',
    prepare: '',
    key: undefined,
    prune: `DELETE FROM positions WHERE block_time < '${KEPT_FROM}'`,
    restore: '',
  },
  {
    form: 'partitions of a day',
    prepare: PARTITIONED,
    key: PARTITIONED_KEY,
    prune: `ALTER TABLE positions DETACH PARTITION positions_p20260301;
      DROP TABLE positions_p20260301; DROP TABLE positions_p20260302`,
    restore: PARTITIONED.match(/CREATE TABLE positions_p2026030[12] .*/g)
      ?.map((statement) => statement.replace('TABLE', 'TABLE IF NOT EXISTS').replace(/;?$/, ';'))
      .join('\n'),
  },
];

describe.each(FORMS)('a history in $form that is cut off', ({ prepare, key, prune, restore = '' }) => {
  let database: PGlite;
  beforeAll(async () => {
    database = await openMigratedPglite();
    await database.exec(prepare);
  }, PGLITE_TIMEOUT_MS);
  afterAll(() => database.close());
  beforeEach(() => database.exec(`TRUNCATE positions, history_ranges; DROP TABLE IF EXISTS remembered; ${restore}`));

  const select = async (sql: string) => (await database.query<Record<string, unknown>>(sql)).rows;
  const write = async (...rows: Partial<PositionRow>[]) => {
    const { text, values } = upsert(rows, key);
    await database.query(text, values);
  };
  const cutOff = () => database.exec(`SELECT keep_history_from('positions', '${KEPT_FROM}'); ${prune}`);
  const days = () =>
    select(`SELECT position_account || ' ' || day::date || ' ' || slot || CASE WHEN is_current THEN ' current' ELSE '' END AS day
            FROM position_days ORDER BY position_account, position_days.day`).then((rows) =>
      rows.map(({ day }) => day),
    );
  const at = (day: number, slot: number, more: Partial<PositionRow> = {}): Partial<PositionRow> => ({
    signature: `s${slot}`,
    slot,
    kafka_offset: slot,
    block_time: `2026-03-0${day} 12:00:00`,
    ...more,
  });

  it('keeps its days, and a position of which nothing is left keeps its current state', async () => {
    await write(at(1, 10), at(2, 20), at(3, 30), at(1, 11, { position_account: 'P2' }));
    await cutOff();
    expect(await select('SELECT slot FROM positions')).toEqual([{ slot: 30 }]);
    expect(await days()).toEqual([
      'P1 2026-03-01 10',
      'P1 2026-03-02 20',
      'P1 2026-03-03 30 current',
      'P2 2026-03-01 11 current',
    ]);
    expect(await select(DIFFERENCES)).toEqual([]);
    await write(at(4, 40, { position_account: 'P2' }));
    expect((await days()).slice(3)).toEqual(['P2 2026-03-01 11', 'P2 2026-03-04 40 current']);
    expect(await select(DIFFERENCES)).toEqual([]);
  });

  it('takes a state of a kept day back when its row is deleted, down to a day that is older than the history', async () => {
    await write(at(1, 10), at(3, 30));
    await cutOff();
    await database.exec('DELETE FROM positions');
    expect(await days()).toEqual(['P1 2026-03-01 10 current']);
    expect(await select(DIFFERENCES)).toEqual([]);
  });

  it('takes a late row of an older day, which makes no day older, and forgets nothing when that row goes again', async () => {
    await write(at(1, 10), at(2, 20));
    await cutOff();
    await write(at(1, 10), at(2, 19));
    expect(await days()).toEqual(['P1 2026-03-01 10', 'P1 2026-03-02 20 current']);
    await write(at(2, 21));
    await database.exec('DELETE FROM positions');
    expect(await days()).toEqual(['P1 2026-03-01 10', 'P1 2026-03-02 21 current']);
    expect(await select(DIFFERENCES)).toEqual([]);
  });

  it.each([1, 2, 3])(
    'is right in its kept days and never goes back in older ones after any writes (seed %d)',
    async (seed) => {
      const next = createWrites(seededRandom(seed), { accounts: ['P1', 'P2', 'P3'], writer: 'w', byHand: true, key });
      const writes = async (count: number) => {
        for (let step = 0; step < count; step += 1) {
          const { text, values } = next();
          await database.query(text, [...values]);
          const wrong = await select(DIFFERENCES);
          expect(wrong, `step ${step}: ${text.slice(0, 200)} ${values}`).toEqual([]);
        }
      };
      await writes(20);
      await cutOff();
      await database.exec(`CREATE TABLE remembered AS SELECT * FROM position_days WHERE day < '${KEPT_FROM}'`);
      await writes(40);
      expect(await select('TABLE remembered')).not.toEqual([]);
      expect(await select(WENT_BACK)).toEqual([]);
    },
    PGLITE_TIMEOUT_MS,
  );

  it.each([
    ['a kept day that differs', `UPDATE position_days SET margin = margin + 1 WHERE day >= '${KEPT_FROM}'`],
    ['kept days that are gone', `DELETE FROM position_days WHERE day >= '${KEPT_FROM}'`],
    ['no mark at all', 'UPDATE position_days SET is_current = false'],
    [
      'a mark on the wrong day',
      `UPDATE position_days SET is_current = false;
       UPDATE position_days SET is_current = true WHERE position_account = 'P1' AND day = '2026-03-01'`,
    ],
    [
      'a kept day that never was, with the mark',
      `UPDATE position_days SET is_current = false;
       INSERT INTO position_days SELECT (jsonb_populate_record(d, '{"day": "2026-03-05", "is_current": true}')).*
       FROM position_days AS d WHERE d.day = '2026-03-01'`,
    ],
  ])('is rebuilt with its older days: %s', async (_what, damage) => {
    await write(
      at(1, 10),
      at(2, 20),
      at(3, 30),
      at(1, 11, { position_account: 'P2' }),
      at(2, 22, { position_account: 'P2' }),
    );
    await cutOff();
    const before = await days();
    await database.exec(damage);
    expect(await select(DIFFERENCES)).not.toEqual([]);
    await database.exec(`SELECT rebuild_position_days('{P1, P2}')`);
    expect(await select(DIFFERENCES)).toEqual([]);
    expect(await days()).toEqual(before);
  });

  it('goes forwards only, by whole days', async () => {
    const keepFrom = (time: string) => select(`SELECT keep_history_from('positions', '${time}')::text AS kept_from`);
    const keptFrom = () => select(`SELECT history_kept_from('positions')::text AS kept_from`);
    expect(await keptFrom()).toEqual([{ kept_from: '-infinity' }]);
    expect(await keepFrom('2026-03-03')).toEqual([{ kept_from: '2026-03-03 00:00:00' }]);
    expect(await keepFrom('2026-03-02')).toEqual([{ kept_from: '2026-03-03 00:00:00' }]);
    await expect(keepFrom('2026-03-04 00:00:01')).rejects.toThrow('history_ranges_kept_from_check');
    expect(await keptFrom()).toEqual([{ kept_from: '2026-03-03 00:00:00' }]);
    expect(await select('TABLE history_ranges')).toMatchObject([{ history: 'public.positions' }]);
  });
});

it(
  'an identity that comes again at another time is two rows of a partitioned history, and the rollup knows both',
  async () => {
    const database = await openMigratedPglite();
    try {
      await database.exec(PARTITIONED);
      for (const [slot, day] of [
        [10, 1],
        [20, 2],
        [21, 2],
      ]) {
        const row = {
          signature: 'same',
          slot: slot ?? 0,
          kafka_offset: slot ?? 0,
          block_time: `2026-03-0${day} 12:00:${slot}`,
        };
        const { text, values } = upsert([row], PARTITIONED_KEY);
        await database.query(text, values);
      }
      const { rows } = await database.query(
        'SELECT day::date::text AS day, slot, is_current FROM position_days ORDER BY day',
      );
      expect(rows).toEqual([
        { day: '2026-03-01', slot: 10, is_current: false },
        { day: '2026-03-02', slot: 21, is_current: true },
      ]);
      expect((await database.query(DIFFERENCES)).rows).toEqual([]);
    } finally {
      await database.close();
    }
  },
  PGLITE_TIMEOUT_MS,
);
