import { describe, expect, it } from 'vitest';
import { PROFILE_NAMES } from '../../../../../producer/simulator/market/profiles.ts';
import { generate, groupBy, type Row } from '../../../../support/generated-market.ts';

const flood = generate({ seed: 7, updates: 40_000, profile: 'flood' });
/** The market has filled up by then. */
const settled = flood.slice(10_000);

/** The columns of a position's current state that an index may hold. */
const indexed = ({ owner, symbol, side, liquidation_price, status }: Row): string =>
  [owner, symbol, side, liquidation_price, status].join(' ');

/** How many updates leave every indexed column as the update before of the same position had it. */
function unmoved(rows: readonly Row[]): number {
  const histories = groupBy(rows, ({ position_account }) => position_account).values();
  return [...histories].reduce((sum, history) => {
    return sum + history.filter((row, at) => at > 0 && indexed(row) === indexed(history[at - 1] as Row)).length;
  }, 0);
}

describe('the flood', () => {
  it('is nearly all PNL_UPDATEs of open positions', () => {
    const marks = settled.filter(({ event_type, status }) => event_type === 'PNL_UPDATE' && status === 'Open');
    expect(marks.length / settled.length).toBeGreaterThan(0.98);
  });

  it('leaves the indexed columns as they are but for a few updates', () => {
    expect(unmoved(settled) / settled.length).toBeGreaterThan(0.95);
  });
});

describe('the worst case', () => {
  it('moves an indexed column with every update', () => {
    expect(unmoved(generate({ seed: 7, updates: 8_000, profile: 'worst-case' }))).toBe(0);
  });

  it('goes on for ever over about as many live positions', () => {
    const rows = generate({ seed: 7, updates: 12_000, profile: 'worst-case' });
    const latest = new Map(rows.map((row) => [row.position_account, row.status]));
    const live = [...latest.values()].filter((status) => status !== 'Closed' && status !== 'Liquidating');
    expect(live.length).toBeGreaterThan(350);
    expect(live.length).toBeLessThan(1_500);
  });
});

describe.each(PROFILE_NAMES)('the profile %s', (profile) => {
  it('repeats itself for one seed and gives every update an identity of its own', () => {
    const rows = generate({ seed: 3, updates: 5_000, profile });
    expect(generate({ seed: 3, updates: 5_000, profile })).toEqual(rows);
    expect(new Set(rows.map(({ position_account, signature }) => `${position_account} ${signature}`)).size).toBe(5_000);
  });
});
