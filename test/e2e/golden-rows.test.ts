import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withPostgres } from '../../core/postgres.ts';
import { succeed } from '../support/cli.ts';
import { feedMessage } from '../support/position-feed.ts';
import { createTestProject, type TestProject } from '../support/project.ts';
import { type ScriptedFeed, startScriptedFeed } from '../support/scripted-feed.ts';

const base = {
  position_index: 0,
  owner: 'GoldenOwner1111111111111111111111111111111',
  block_time: Date.UTC(2026, 0, 1, 23, 59, 59, 999),
  symbol: 'BTC-USD',
  leverage: 10,
  funding_accrued: '-1.250000',
  realized_pnl: '0.000000',
};

// A short of 2 BTC from 60,000 to 60,123.456789: 2 × (60,000 − 60,123.456789) = −246.913578.
const negativePnl = {
  ...base,
  position_account: 'Golden1111111111111111111111111111111111111',
  signature: 'goldenNegativePnl',
  slot: '312000001',
  side: 'SIDE_SHORT',
  size: '2.00000000',
  entry_price: '60000.000000',
  mark_price: '60123.456789',
  margin: '12000.000000',
  unrealized_pnl: '-246.913578',
  liquidation_price: '65700.000000',
  status: 'POSITION_STATUS_OPEN',
  event_type: 'EVENT_TYPE_PNL_UPDATE',
};

// A long of one unit of the eighth decimal, opened and marked at 1,000,000: 0.00000001 × (1,000,100 − 1,000,000) = 0.000001.
const smallestSize = {
  ...base,
  position_account: 'Golden2222222222222222222222222222222222222',
  signature: 'goldenSmallestSize',
  slot: '312000002',
  side: 'SIDE_LONG',
  size: '0.00000001',
  entry_price: '1000000.000000',
  mark_price: '1000100.000000',
  margin: '0.001000',
  unrealized_pnl: '0.000001',
  liquidation_price: '900000.000000',
  status: 'POSITION_STATUS_OPENING',
  event_type: 'EVENT_TYPE_OPENED',
};

// Every column at its limit: 38 digits, the largest slot, the largest SMALLINT, identifiers of full length.
const NINES_6 = `${'9'.repeat(32)}.999999`;
const extremes = {
  position_account: 'G'.repeat(44),
  position_index: 2147483647,
  owner: 'W'.repeat(44),
  signature: 'S'.repeat(88),
  slot: '9223372036854775807',
  block_time: Date.UTC(2099, 11, 31, 23, 59, 59, 1),
  symbol: 'X'.repeat(20),
  side: 'SIDE_LONG',
  size: `${'9'.repeat(30)}.99999999`,
  entry_price: NINES_6,
  mark_price: NINES_6,
  margin: NINES_6,
  leverage: 32767,
  unrealized_pnl: `-${NINES_6}`,
  realized_pnl: `-${NINES_6}`,
  funding_accrued: '-0.000001',
  liquidation_price: '0.000000',
  status: 'POSITION_STATUS_LIQUIDATING',
  event_type: 'EVENT_TYPE_LIQUIDATED',
};

const TEXT_COLUMNS = [
  'position_account',
  'position_index::text',
  'owner',
  'signature',
  'slot::text',
  'block_time::text',
  'symbol',
  'side',
  'size::text',
  'entry_price::text',
  'mark_price::text',
  'margin::text',
  'leverage::text',
  'unrealized_pnl::text',
  'realized_pnl::text',
  'funding_accrued::text',
  'liquidation_price::text',
  'status',
  'event_type',
];

describe('three updates computed by hand', () => {
  let project: TestProject;
  let feed: ScriptedFeed;

  beforeAll(async () => {
    project = await createTestProject({ name: 'golden' });
    const options = { cwd: project.root, env: project.env };
    await succeed(['migrate', 'up'], options);
    await succeed(['schemas', 'register'], options);
    await succeed(['deploy', '--yes', '--only', 'positions'], options);
    feed = await startScriptedFeed({
      port: Number(project.environment.feed.address.split(':')[1]),
      window: () => ({ earliest: 312_000_001n, latest: 312_000_002n }),
      play: (call) => {
        for (const update of [negativePnl, smallestSize, extremes]) call.send(feedMessage({ update }));
        call.end();
      },
    });
    await succeed(['produce', '--only', 'positions', '--end-with-feed'], options);
    await succeed(['verify', '--only', 'positions', '--wait', '60s'], options);
  });
  afterAll(async () => {
    feed?.close();
    await project?.remove();
  });

  const rowOf = (signature: string): Promise<Record<string, string> | undefined> =>
    withPostgres(project.database, async (client) => {
      const sql = `SELECT ${TEXT_COLUMNS.join(', ')} FROM positions WHERE signature = $1`;
      const { rows } = await client.query<Record<string, string>>(sql, [signature]);
      return rows[0];
    });

  it('keeps a negative PnL, and the milliseconds before a UTC midnight', async () => {
    expect(await rowOf('goldenNegativePnl')).toEqual({
      ...negativePnl,
      position_index: '0',
      leverage: '10',
      block_time: '2026-01-01 23:59:59.999',
      side: 'Short',
      status: 'Open',
      event_type: 'PNL_UPDATE',
    });
  });

  it('keeps the eighth decimal of a size', async () => {
    expect(await rowOf('goldenSmallestSize')).toEqual({
      ...smallestSize,
      position_index: '0',
      leverage: '10',
      block_time: '2026-01-01 23:59:59.999',
      side: 'Long',
      status: 'Opening',
      event_type: 'OPENED',
    });
  });

  it('keeps all 38 digits, the largest slot and identifiers of full length', async () => {
    expect(await rowOf('S'.repeat(88))).toEqual({
      ...extremes,
      position_index: '2147483647',
      leverage: '32767',
      block_time: '2099-12-31 23:59:59.001',
      side: 'Long',
      status: 'Liquidating',
      event_type: 'LIQUIDATED',
    });
  });
});
