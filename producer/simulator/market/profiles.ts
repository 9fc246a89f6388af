/** How a simulated market's updates are mixed. */
export interface MarketProfile {
  /** How often a price move comes with something an owner does: one in so many. */
  readonly actionOneIn: number;
  /** The same while the market fills up with positions. */
  readonly fillingActionOneIn: number;
  /** Up to so many open positions report their new PnL after a price move; 0: none does. */
  readonly mostMarks: number;
}

export const PROFILE_NAMES = ['market', 'flood', 'worst-case'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

export const PROFILES: Readonly<Record<ProfileName, MarketProfile>> = {
  /** Something of everything: nine updates in ten are PNL_UPDATEs. */
  market: { actionOneIn: 10, fillingActionOneIn: 2, mostMarks: 4 },
  /**
   * A busy day as a database meets it: more than 98 updates in 100 are PNL_UPDATEs of open positions, whose owner, market,
   * side, status and liquidation price stay as they are until somebody modifies the position.
   */
  flood: { actionOneIn: 150, fillingActionOneIn: 2, mostMarks: 8 },
  /** No PNL_UPDATE at all: every update changes its position's status, and most its liquidation price, so no index is spared. */
  'worst-case': { actionOneIn: 1, fillingActionOneIn: 1, mostMarks: 0 },
};
