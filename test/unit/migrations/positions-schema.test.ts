import type { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openMigratedPglite, PGLITE_TIMEOUT_MS } from '../../support/pglite.ts';
import { POSITION_COLUMNS, type PositionRow, upsert } from '../../support/position-rows.ts';

/** Columns that say where an update came from, not what it says. */
const OF_DELIVERY = ['ordinal', 'bank_id', 'kafka_partition', 'kafka_offset'];

let database: PGlite;

beforeAll(async () => {
  database = await openMigratedPglite();
}, PGLITE_TIMEOUT_MS);
afterAll(() => database.close());
beforeEach(() => database.exec('TRUNCATE positions RESTART IDENTITY; RESET TimeZone'));

/** Writes rows in one statement as the sink does. Returns how many were written. */
async function deliver(...updates: readonly Partial<PositionRow>[]): Promise<number> {
  const { text, values } = upsert(updates);
  return (await database.query(text, values)).affectedRows ?? 0;
}

async function select<T = Record<string, unknown>>(sql: string): Promise<T[]> {
  return (await database.query<T>(sql)).rows;
}

describe('current_positions', () => {
  it("has the seed's columns in the seed's order", async () => {
    const { fields } = await database.query('SELECT * FROM current_positions');
    expect(fields.map(({ name }) => name)).toEqual(POSITION_COLUMNS.filter((name) => !OF_DELIVERY.includes(name)));
  });

  it('shows one row a position, as it came', async () => {
    await deliver(
      { signature: 'a', slot: 1, kafka_offset: 1 },
      { signature: 'b', slot: 2, kafka_offset: 2, status: 'Closed' },
      { position_account: 'P2', signature: 'a', slot: 1, kafka_offset: 3 },
    );
    expect(await select('SELECT position_account, slot::int, status FROM current_positions ORDER BY 1')).toEqual([
      { position_account: 'P1', slot: 2, status: 'Closed' },
      { position_account: 'P2', slot: 1, status: 'Open' },
    ]);
  });
});

describe('user_statistics', () => {
  it('counts and sums the current state of each position, once', async () => {
    await deliver(
      { position_account: 'won', signature: '1', slot: 1, unrealized_pnl: '50.000000' },
      { position_account: 'won', signature: '2', slot: 2, status: 'Closed', realized_pnl: '7.500001' },
      { position_account: 'lost', signature: '3', status: 'Closed', realized_pnl: '-2.500000' },
      { position_account: 'even', signature: '4', status: 'Closed' },
      { position_account: 'open', signature: '5', unrealized_pnl: '3.000000' },
      { position_account: 'opening', signature: '6', status: 'Opening', unrealized_pnl: '0.100000' },
      { position_account: 'modifying', signature: '7', status: 'Modifying', unrealized_pnl: '-0.000001' },
      { position_account: 'closing', signature: '8', status: 'Closing', unrealized_pnl: '1000.000000' },
      {
        position_account: 'gone',
        signature: '9',
        status: 'Liquidating',
        realized_pnl: '-9.000000',
        block_time: '2026-01-02 00:00:00',
      },
      { position_account: 'other', owner: 'bob', signature: '10' },
    );
    expect(await select("SELECT *, last_activity::text FROM user_statistics WHERE owner = 'alice'")).toEqual([
      {
        owner: 'alice',
        total_positions: 8,
        closed_positions: 3,
        liquidated_positions: 1,
        total_realized_pnl: '5.000001',
        total_unrealized_pnl: '3.099999',
        win_count: 1,
        loss_count: 1,
        last_activity: '2026-01-02 00:00:00',
      },
    ]);
  });

  it('shows zero, not nothing, for an owner without closed or open positions', async () => {
    await deliver({ status: 'Liquidating' });
    expect(await select('SELECT total_realized_pnl, total_unrealized_pnl FROM user_statistics')).toEqual([
      { total_realized_pnl: '0', total_unrealized_pnl: '0' },
    ]);
  });
});

describe('daily_pnl_snapshots', () => {
  const days = () =>
    select(`SELECT owner, symbol, snapshot_day::text, total_unrealized_pnl, total_realized_pnl, total_funding,
                   position_count::int FROM daily_pnl_snapshots ORDER BY 1, 2, 3`);
  const day = (date: string, figures: Record<string, unknown>) => ({
    owner: 'alice',
    symbol: 'BTC-USD',
    snapshot_day: `${date} 00:00:00`,
    total_realized_pnl: '0.000000',
    total_funding: '0.000000',
    ...figures,
  });

  it('counts the last state of each position and day once, however many updates there were', async () => {
    await deliver(
      { signature: '1', slot: 1, unrealized_pnl: '5.000000', block_time: '2026-01-01 01:00:00' },
      { signature: '2', slot: 2, unrealized_pnl: '7.000000', block_time: '2026-01-01 02:00:00' },
      { signature: '3', slot: 3, unrealized_pnl: '9.000000', block_time: '2026-01-02 01:00:00' },
      {
        position_account: 'P2',
        signature: '4',
        slot: 1,
        unrealized_pnl: '1.000000',
        block_time: '2026-01-01 03:00:00',
      },
    );
    expect(await days()).toEqual([
      day('2026-01-01', { total_unrealized_pnl: '8.000000', position_count: 2 }),
      day('2026-01-02', { total_unrealized_pnl: '9.000000', position_count: 1 }),
    ]);
  });

  it("corrects a past day when that day's last update arrives late", async () => {
    await deliver({ signature: '2', slot: 2, kafka_offset: 1, unrealized_pnl: '7.000000' });
    await deliver({ signature: '1', slot: 1, kafka_offset: 2, unrealized_pnl: '5.000000' });
    expect(await days()).toMatchObject([{ total_unrealized_pnl: '7.000000' }]);
    await deliver({ signature: '3', slot: 3, kafka_offset: 3, unrealized_pnl: '8.000000' });
    expect(await days()).toMatchObject([{ total_unrealized_pnl: '8.000000' }]);
  });

  it('cuts days at midnight UTC, whatever the zone of the session', async () => {
    await deliver(
      { signature: '1', slot: 1, unrealized_pnl: '1.000000', block_time: '2026-03-29 23:59:59.999' },
      { signature: '2', slot: 2, unrealized_pnl: '2.000000', block_time: '2026-03-30 00:00:00' },
    );
    for (const zone of ['UTC', 'Asia/Tokyo', 'America/New_York', 'Europe/Berlin']) {
      await database.exec(`SET TimeZone = '${zone}'`);
      expect(await days(), zone).toMatchObject([
        { snapshot_day: '2026-03-29 00:00:00', total_unrealized_pnl: '1.000000' },
        { snapshot_day: '2026-03-30 00:00:00', total_unrealized_pnl: '2.000000' },
      ]);
    }
  });
});

/** Types of the record's columns, and one that holds more. block_time has none. */
const WIDER: Record<string, string> = {
  'character varying': 'text',
  numeric: 'numeric(50, 10)',
  smallint: 'integer',
  integer: 'bigint',
  bigint: 'numeric(20, 0)',
};

describe('a later migration', () => {
  it('may widen any column of a record in one statement for each table, without touching a trigger', async () => {
    const { rows } = await database.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = 'positions'::regclass AND attnum > 0`,
    );
    const wider = rows.flatMap(({ name, type }) => {
      const target = WIDER[type.replace(/\(.*/, '')];
      const written = POSITION_COLUMNS.includes(name as keyof PositionRow) && !OF_DELIVERY.includes(name);
      return written && target !== undefined ? [`ALTER COLUMN ${name} TYPE ${target}`] : [];
    });
    expect(wider).toHaveLength(POSITION_COLUMNS.length - OF_DELIVERY.length - 1);
    await database.exec(
      'BEGIN; DROP VIEW daily_pnl_snapshots, user_statistics, current_positions, position_days_from_history CASCADE',
    );
    try {
      for (const table of ['positions', 'position_days'])
        await database.exec(`ALTER TABLE ${table} ${wider.join(', ')}`);
      // The rollup runs at commit, which does not come.
      await database.exec('SET CONSTRAINTS ALL IMMEDIATE');
      await deliver({});
      expect(await deliver({})).toBe(0);
      expect(await select('SELECT owner, size FROM position_days')).toEqual([{ owner: 'alice', size: '1.0000000000' }]);
    } finally {
      await database.exec('ROLLBACK');
    }
  });
});

describe('created_at', () => {
  it('is UTC, whatever the zone of the session', async () => {
    for (const [at, zone] of ['Asia/Tokyo', 'America/New_York'].entries()) {
      await database.exec(`SET TimeZone = '${zone}'`);
      await deliver({ signature: `s${at}` });
    }
    const ages = await select<{ age: number }>(
      "SELECT abs(extract(epoch FROM (now() AT TIME ZONE 'utc') - created_at))::int AS age FROM positions",
    );
    expect(ages).toHaveLength(2);
    for (const { age } of ages) expect(age).toBeLessThan(600);
  });
});
