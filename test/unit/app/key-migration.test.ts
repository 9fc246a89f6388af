import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyMigration } from '../../../app/key-migration.ts';
import type { KeyChange } from '../../../contract/key-change.ts';
import { readMigrations } from '../../../migrations/files.ts';
import { dumpSchema, openPglite, PGLITE_TIMEOUT_MS, runPart } from '../../support/pglite.ts';

describe('the migration of a key', () => {
  let database: PGlite;
  beforeAll(async () => {
    database = await openPglite();
  }, PGLITE_TIMEOUT_MS);
  afterAll(() => database.close());

  /** Runs one part twice, as a migrator does that was killed after each step. */
  async function migrate(change: KeyChange, direction: 'up' | 'down'): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'perps-connect-key-'));
    try {
      writeFileSync(join(folder, '0001_key.sql'), keyMigration(change));
      const [file] = readMigrations(folder);
      if (file === undefined) throw new Error('no migration');
      for (const step of file.steps[direction]) {
        const one = { ...file, steps: { ...file.steps, [direction]: [step] } };
        await runPart(database, one, direction);
        await runPart(database, one, direction);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  const indexes = async (table: string) =>
    (
      await database.query<{ is: string }>(
        `SELECT pg_get_indexdef(indexrelid) || ' ' || coalesce(contype::text, '-') || ' ' || indisreplident AS is
         FROM pg_index LEFT JOIN pg_constraint ON conindid = indexrelid WHERE indrelid = '${table}'::regclass ORDER BY 1`,
      )
    ).rows.map(({ is }) => is);

  it.each(['PRIMARY KEY', 'UNIQUE'])(
    'the new index takes the place of a %s, in a schema of its own and as replica identity, and gives it back',
    async (kind) => {
      await database.exec(`DROP SCHEMA IF EXISTS spot CASCADE; CREATE SCHEMA spot;
        CREATE TABLE spot.trades (market TEXT NOT NULL, trade_id BIGINT NOT NULL, slot BIGINT NOT NULL, CONSTRAINT one_trade ${kind} (market, trade_id));
        ALTER TABLE spot.trades REPLICA IDENTITY USING INDEX one_trade;
        COMMENT ON INDEX spot.one_trade IS 'it''s the key'`);
      const before = await dumpSchema(database);
      const change: KeyChange = {
        table: 'spot.trades',
        key: ['slot', 'market', 'trade_id'],
        former: {
          name: 'one_trade',
          columns: ['market', 'trade_id'],
          definition: 'CREATE UNIQUE INDEX one_trade ON spot.trades USING btree (market, trade_id)',
          comment: "it's the key",
        },
        lookups: [{ column: 'market', method: 'btree' }],
      };
      await migrate(change, 'up');
      const contype = kind === 'UNIQUE' ? 'u' : 'p';
      expect(await indexes('spot.trades')).toEqual([
        'CREATE INDEX trades_market_slot_idx ON spot.trades USING btree (market, slot) - false',
        `CREATE UNIQUE INDEX trades_slot_market_trade_id_key ON spot.trades USING btree (slot, market, trade_id) ${contype} true`,
      ]);
      await database.exec("INSERT INTO spot.trades VALUES ('BTC', 1, 10), ('BTC', 1, 11)");
      await expect(migrate(change, 'down')).rejects.toThrow(
        '1 values of (market, trade_id) stand in more than one row of spot.trades',
      );
      await database.exec('DELETE FROM spot.trades WHERE slot = 11');
      await migrate(change, 'down');
      expect(await dumpSchema(database)).toBe(before);
    },
  );

  it('a key that lacks a column of the former one is refused where two rows would share it', async () => {
    await database.exec(`CREATE TABLE fills (fill TEXT NOT NULL, slot BIGINT NOT NULL, price INT);
      CREATE UNIQUE INDEX fills_key ON fills (slot, fill) INCLUDE (price);
      INSERT INTO fills VALUES ('a', 1), ('a', 2)`);
    const change: KeyChange = {
      table: 'public.fills',
      key: ['fill'],
      former: { name: 'fills_key', columns: ['slot', 'fill'], definition: '' },
      lookups: [],
    };
    await expect(migrate(change, 'up')).rejects.toThrow('1 values of (fill) stand in more than one row');
    await database.exec('DELETE FROM fills WHERE slot = 2');
    await migrate(change, 'up');
    expect(await indexes('fills')).toEqual([
      'CREATE UNIQUE INDEX fills_fill_key ON public.fills USING btree (fill) - false',
    ]);
  });

  it('the former index stays when something else has the name of the new one', async () => {
    await database.exec(`CREATE TABLE bids (bid TEXT NOT NULL, slot BIGINT NOT NULL);
      CREATE UNIQUE INDEX bid_key ON bids (bid); CREATE INDEX bids_slot_bid_key ON bids (slot, bid)`);
    await migrate(
      {
        table: 'public.bids',
        key: ['slot', 'bid'],
        former: { name: 'bid_key', columns: ['bid'], definition: '' },
        lookups: [],
      },
      'up',
    );
    expect(await indexes('bids')).toContain('CREATE UNIQUE INDEX bid_key ON public.bids USING btree (bid) - false');
  });

  it('names of indexes are no longer than PostgreSQL keeps them, and differ where their columns do', () => {
    const names = ['a', 'b'].map((last) => {
      const key = ['slot', 'a_column_with_quite_a_long_name', `another_column_with_a_name_that_is_long_${last}`];
      const former = { name: 'f', columns: ['slot'], definition: 'CREATE UNIQUE INDEX f ON public.t (slot)' };
      return /IF NOT EXISTS (\S+)/.exec(keyMigration({ table: 'public.a_table', key, former, lookups: [] }))?.[1] ?? '';
    });
    expect(names.map((name) => Buffer.byteLength(name))).toEqual([63, 63]);
    expect(names[0]).not.toBe(names[1]);
  });
});
