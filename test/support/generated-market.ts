import { createMarket } from '../../producer/simulator/market/market.ts';
import type { ProfileName } from '../../producer/simulator/market/profiles.ts';
import { Timeline } from '../../producer/simulator/timeline.ts';

/** An update of the market as the tests read it. */
export interface Row {
  readonly position_account: string;
  readonly position_index: number;
  readonly owner: string;
  readonly signature: string;
  readonly slot: bigint;
  readonly block_time: Date;
  readonly symbol: string;
  readonly side: 'Long' | 'Short';
  readonly size: string;
  readonly entry_price: string;
  readonly mark_price: string;
  readonly margin: string;
  readonly leverage: number;
  readonly unrealized_pnl: string;
  readonly realized_pnl: string;
  readonly funding_accrued: string;
  readonly liquidation_price: string;
  readonly status: string;
  readonly event_type: string;
}

interface Wanted {
  readonly seed: number;
  readonly updates: number;
  readonly owners?: number;
  readonly positionsPerOwner?: number;
  readonly updatesPerSlot?: number;
  readonly profile?: ProfileName;
  /** Goes on from a clone after every so many slots. */
  readonly cloneEvery?: number;
}

/** The first updates of a market. */
export function generate(wanted: Wanted): Row[] {
  const {
    seed,
    updates,
    owners = 250,
    positionsPerOwner = 3,
    updatesPerSlot = 20,
    profile = 'market',
    cloneEvery,
  } = wanted;
  const startMs = Date.UTC(2026, 0, 1, 23, 52);
  const timeline = new Timeline({ seed, firstSlot: 312_000_000n, startMs, updatesPerSlot });
  let market = createMarket({ seed, owners, positionsPerOwner, profile });
  const rows: Row[] = [];
  for (let slots = 1; rows.length < updates; slots += 1) {
    const slot = timeline.next();
    const before = market;
    if (cloneEvery !== undefined && slots % cloneEvery === 0) market = market.clone();
    const count = Math.min(slot.updates, updates - rows.length);
    const made = market.next(slot, count) as unknown as Row[];
    if (made.length !== count) throw new Error(`asked for ${count} updates, got ${made.length}`);
    rows.push(...made);
    // What the original does afterwards must not be seen by the clone.
    if (before !== market) before.next(slot, 200);
  }
  return rows;
}

/** The items by what `keyOf` says of them, in their order. */
export function groupBy<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
