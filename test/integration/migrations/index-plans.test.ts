import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresClient, withPostgres } from '../../../core/postgres.ts';
import { migrate } from '../../../migrations/runner.ts';
import { createTestProject, type TestProject } from '../../support/project.ts';

/** Enough rows that reading all of them is not the cheapest plan. */
const ROWS = 60_000;

const FILL = `
  INSERT INTO positions (
    position_account, position_index, owner, signature, slot, block_time, symbol, side, size, entry_price, mark_price, margin,
    leverage, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price, status, event_type, kafka_partition, kafka_offset)
  SELECT 'P' || n % 3000, n % 3000, 'O' || n % 3000 / 6, 'S' || n, n / 20, timestamp '2026-01-01' + n * interval '1 minute',
    'M' || n % 40, CASE n % 2 WHEN 0 THEN 'Long' ELSE 'Short' END, 1, 100, 100, 10,
    10, 0, 0, 0, 50 + n % 3000 / 30, CASE n % 200 WHEN 0 THEN 'Liquidating' WHEN 1 THEN 'Closed' ELSE 'Open' END, 'PNL_UPDATE', 0, n
  FROM generate_series(1, ${ROWS}) AS n`;

/** What the seed's indexes were for, and the index that serves it now. */
const QUERIES: readonly (readonly [what: string, sql: string, index: RegExp])[] = [
  [
    'history of an owner',
    `SELECT * FROM positions WHERE owner = 'O7' ORDER BY slot DESC LIMIT 50`,
    /idx_owner_slot_asc/,
  ],
  [
    'updates of a market',
    `SELECT * FROM positions WHERE symbol = 'M7' ORDER BY slot DESC LIMIT 50`,
    /idx_symbol_slot_asc/,
  ],
  ['a transaction', `SELECT * FROM positions WHERE signature = 'S77'`, /idx_unique_signature_position/],
  [
    'a row by its key',
    `SELECT * FROM positions WHERE position_account = 'P77' AND signature = 'S77'`,
    /idx_unique_signature_position|idx_position_slot_asc/,
  ],
  [
    'a span of time',
    `SELECT count(*) FROM positions WHERE block_time >= '2026-01-20' AND block_time < '2026-01-20 06:00'`,
    /idx_block_time_brin/,
  ],
  [
    'history of a status',
    `SELECT * FROM positions WHERE status = 'Liquidating' ORDER BY slot DESC LIMIT 50`,
    /idx_status_rare/,
  ],
  [
    'the first page of a position',
    `SELECT * FROM positions WHERE position_account = 'P7'
     ORDER BY slot DESC, kafka_offset DESC NULLS LAST, id DESC LIMIT 20`,
    /idx_position_slot_asc/,
  ],
  [
    'a later page of a position, from the last row of the page before',
    `SELECT * FROM positions WHERE position_account = 'P7' AND slot <= 2000 AND (slot, kafka_offset, id) < (2000, 39000, 39000)
     ORDER BY slot DESC, kafka_offset DESC, id DESC LIMIT 20`,
    /idx_position_slot_asc/,
  ],
  ['a current state', `SELECT * FROM current_positions WHERE position_account = 'P7'`, /position_days/],
  ['current states of an owner', `SELECT * FROM current_positions WHERE owner = 'O7'`, /idx_position_days_owner/],
  [
    'current states by status',
    `SELECT * FROM current_positions WHERE status = 'Liquidating'`,
    /idx_position_days_status_rare/,
  ],
  [
    'liquidation candidates',
    `SELECT * FROM current_positions WHERE symbol = 'M8' AND side = 'Long' AND liquidation_price >= 149
     ORDER BY liquidation_price`,
    /idx_position_days_liquidation/,
  ],
  ['statistics of an owner', `SELECT * FROM user_statistics WHERE owner = 'O7'`, /idx_position_days_owner/],
  [
    'days of an owner in a month',
    `SELECT * FROM daily_pnl_snapshots
     WHERE owner = 'O7' AND snapshot_day >= '2026-01-01' AND snapshot_day < '2026-02-01'`,
    /idx_position_days_owner_day/,
  ],
];

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

describe('on a filled table, by index', () => {
  let test: TestProject;
  beforeAll(async () => {
    test = await createTestProject({ name: 'plans' });
    await migrate(test.database, { folder: `${test.root}/migrations`, direction: 'up' });
    await query(FILL);
    await query('VACUUM ANALYZE positions, position_days');
  });
  afterAll(() => test?.remove());

  const query = (sql: string) =>
    withPostgres(test.database, async (client: PostgresClient) => (await client.query(sql)).rows);

  it.each(QUERIES)('%s', async (_what, sql, index) => {
    const rows = (await query(`EXPLAIN (FORMAT JSON) ${sql}`)) as { 'QUERY PLAN': { Plan: Plan }[] }[];
    const plans = rows.flatMap((row) => row['QUERY PLAN']).flatMap(({ Plan: plan }) => nodes(plan));
    expect(plans).not.toEqual([]);
    const scanned = plans.filter((node) => node['Node Type'] === 'Seq Scan').map((node) => node['Relation Name']);
    expect(scanned).toEqual([]);
    expect(plans.map((node) => node['Index Name'] ?? '').join(' ')).toMatch(index);
  });
});
