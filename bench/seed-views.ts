/** The seed's view definitions, in a schema beside ours and on the same table. */
export const SEED_VIEWS: readonly string[] = [
  'CREATE SCHEMA seed',
  `CREATE VIEW seed.current_positions AS
   SELECT DISTINCT ON (position_account) position_account, position_index, owner, signature, slot, block_time, symbol, side,
          size, entry_price, mark_price, margin, leverage, unrealized_pnl, realized_pnl, funding_accrued, liquidation_price,
          status, event_type
   FROM public.positions
   ORDER BY position_account, slot DESC`,
  `CREATE VIEW seed.user_statistics AS
   SELECT owner,
          COUNT(DISTINCT position_account) AS total_positions,
          COUNT(DISTINCT CASE WHEN status = 'Closed' THEN position_account END) AS closed_positions,
          COUNT(DISTINCT CASE WHEN status = 'Liquidating' THEN position_account END) AS liquidated_positions,
          SUM(CASE WHEN status = 'Closed' THEN realized_pnl ELSE 0 END) AS total_realized_pnl,
          SUM(CASE WHEN status IN ('Open', 'Opening', 'Modifying') THEN unrealized_pnl ELSE 0 END) AS total_unrealized_pnl,
          COUNT(DISTINCT CASE WHEN status = 'Closed' AND realized_pnl > 0 THEN position_account END) AS win_count,
          COUNT(DISTINCT CASE WHEN status = 'Closed' AND realized_pnl < 0 THEN position_account END) AS loss_count,
          MAX(block_time) AS last_activity
   FROM seed.current_positions
   GROUP BY owner`,
  `CREATE VIEW seed.daily_pnl_snapshots AS
   SELECT owner, symbol, DATE_TRUNC('day', block_time) AS snapshot_day,
          SUM(unrealized_pnl) AS total_unrealized_pnl, SUM(realized_pnl) AS total_realized_pnl,
          SUM(funding_accrued) AS total_funding, COUNT(DISTINCT position_account) AS position_count
   FROM public.positions
   GROUP BY owner, symbol, DATE_TRUNC('day', block_time)
   ORDER BY snapshot_day DESC`,
];

/** The seed's indexes that these views can use. */
export const SEED_INDEXES: readonly string[] = [
  'CREATE INDEX seed_position_slot ON public.positions (position_account, slot DESC)',
  'CREATE INDEX seed_owner_slot ON public.positions (owner, slot DESC)',
];
