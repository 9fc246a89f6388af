import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { MARKETS } from '../../../../../producer/simulator/market/markets.ts';
import { generate, groupBy, type Row } from '../../../../support/generated-market.ts';

const SEED = 7;
const rows = generate({ seed: SEED, updates: 60_000 });

/** A decimal text of known scale as an unscaled integer. */
const unscaled = (text: string): bigint => BigInt(text.replace('.', ''));
const marketOf = ({ symbol }: Row) => MARKETS.find((market) => market.symbol === symbol) as (typeof MARKETS)[number];
const sign = ({ side }: Row) => (side === 'Long' ? 1n : -1n);
const hashOf = (list: readonly Row[]): string => {
  const text = JSON.stringify(list, (_key, value) => (typeof value === 'bigint' ? value.toString() : value));
  return createHash('sha256').update(text).digest('hex');
};

/** Each update with the one before it of the same position. */
function steps(list: readonly Row[]): [Row | undefined, Row][] {
  const last = new Map<string, Row>();
  return list.map((row) => {
    const before = last.get(row.position_account);
    last.set(row.position_account, row);
    return [before, row];
  });
}

const NEXT: Readonly<Record<string, readonly string[]>> = {
  '': ['OPENED/Opening'],
  Opening: ['OPENED/Open'],
  Open: ['PNL_UPDATE/Open', 'MODIFIED/Modifying', 'CLOSED/Closing', 'LIQUIDATED/Liquidating'],
  Modifying: ['MODIFIED/Open', 'LIQUIDATED/Liquidating'],
  Closing: ['CLOSED/Closed', 'LIQUIDATED/Liquidating'],
  Closed: [],
  Liquidating: [],
};
const stepOf = ({ event_type, status }: Row) => `${event_type}/${status}`;
const isIllegal = ([before, row]: [Row | undefined, Row]) => !NEXT[before?.status ?? '']?.includes(stepOf(row));

const GOLDEN_HASH = '41d424a797af79cb368ab12385d85003d461de77adfc857775419eccb48ef91e';

describe('the market', () => {
  it('repeats itself to the last byte for one seed', () => {
    expect(hashOf(generate({ seed: SEED, updates: 20_000 }))).toBe(hashOf(rows.slice(0, 20_000)));
  });

  it('is the same on every machine: the hash of the first 5,000 updates of seed 1', () => {
    expect(hashOf(generate({ seed: 1, updates: 5_000 }))).toBe(GOLDEN_HASH);
  });

  it('differs for another seed', () => {
    expect(hashOf(generate({ seed: SEED + 1, updates: 1_000 }))).not.toBe(hashOf(rows.slice(0, 1_000)));
  });

  it('goes on from a clone exactly as the original does', () => {
    expect(hashOf(generate({ seed: SEED, updates: 20_000, cloneEvery: 37 }))).toBe(hashOf(rows.slice(0, 20_000)));
  });

  it('tells, on every update, size × (mark − entry) as the unrealized PnL, exactly', () => {
    const wrong = rows.filter((row) => {
      // size has 8 digits and prices 6, so both sides are compared with 14.
      const product = unscaled(row.size) * (unscaled(row.mark_price) - unscaled(row.entry_price));
      return unscaled(row.unrealized_pnl) * 10n ** 8n !== sign(row) * product;
    });
    expect(wrong).toEqual([]);
  });

  it('asks, on every update, for notional ÷ leverage as margin, rounded up to the last digit', () => {
    const wrong = rows.filter((row) => {
      const notional = unscaled(row.size) * unscaled(row.entry_price);
      const excess = unscaled(row.margin) * 10n ** 8n * BigInt(row.leverage) - notional;
      return excess < 0n || excess >= 10n ** 8n * BigInt(row.leverage);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps prices on ticks and sizes on lots', () => {
    const wrong = rows.filter((row) => {
      const { tick, lot } = marketOf(row);
      const prices = [row.entry_price, row.mark_price, row.liquidation_price];
      return unscaled(row.size) % lot !== 0n || prices.some((price) => unscaled(price) % tick !== 0n);
    });
    expect(wrong).toEqual([]);
  });

  it('puts the liquidation price where the loss has used up the margin but for the maintenance', () => {
    const wrong = rows.filter((row) => {
      if (row.size === '0.00000000') return row.liquidation_price !== '0.000000';
      const { tick, maintenanceBps } = marketOf(row);
      const leverage = BigInt(row.leverage);
      const cushion = sign(row) * (10_000n - maintenanceBps * leverage);
      const exact = unscaled(row.entry_price) * (10_000n * leverage - cushion);
      const told = unscaled(row.liquidation_price) * 10_000n * leverage;
      // Between the exact price and one tick nearer to the entry.
      const nearer = sign(row) * (told - exact);
      return nearer < 0n || nearer >= tick * 10_000n * leverage;
    });
    expect(wrong).toEqual([]);
  });

  it('liquidates a position at the first mark that reaches its liquidation price, and no other', () => {
    const crossed = (row: Row, price: string) => sign(row) * (unscaled(row.mark_price) - unscaled(price)) <= 0n;
    const wrong = steps(rows).filter(([before, row]) => {
      if (row.event_type === 'LIQUIDATED') return before === undefined || !crossed(row, before.liquidation_price);
      return row.status !== 'Opening' && row.status !== 'Closed' && crossed(row, row.liquidation_price);
    });
    expect(wrong).toEqual([]);
    expect(rows.filter(({ event_type }) => event_type === 'LIQUIDATED').length).toBeGreaterThan(20);
  });

  it('follows the life cycle', () => {
    expect(steps(rows).filter(isIllegal)).toEqual([]);
    expect(new Set(rows.map(stepOf))).toEqual(new Set(Object.values(NEXT).flat()));
  });

  it('liquidates positions with a request under way, too, and then forgets the request', () => {
    const crowded = steps(generate({ seed: SEED, updates: 60_000, updatesPerSlot: 400 }));
    expect(crowded.filter(isIllegal)).toEqual([]);
    const cutShort = crowded.filter(([before, row]) => before?.status === 'Modifying' && row.status === 'Liquidating');
    expect(cutShort.length).toBeGreaterThan(0);
  });

  it('creates or destroys no value: PnL moves only with the mark, funding only with time', () => {
    const total = (row: Row) => (unscaled(row.unrealized_pnl) + unscaled(row.realized_pnl)) * 10n ** 8n;
    const wrong = steps(rows).filter(([before, row]) => {
      if (before === undefined || before.status === 'Opening') return false;
      // What was held gained by the move of the mark; whatever was then done to it must not change the sum.
      const moved = unscaled(before.size) * (unscaled(row.mark_price) - unscaled(before.mark_price)) * sign(row);
      return total(row) !== total(before) + moved;
    });
    expect(wrong).toEqual([]);
  });

  it('changes entry, size, margin, leverage, realized PnL and liquidation price only when a request is carried out', () => {
    const terms = ({ size, entry_price, margin, leverage, realized_pnl, liquidation_price }: Row) =>
      [size, entry_price, margin, leverage, realized_pnl, liquidation_price].join();
    const wrong = steps(rows).filter(([before, row]) => {
      const isRequest = row.status === 'Modifying' || row.status === 'Closing';
      return before !== undefined && (isRequest || row.event_type === 'PNL_UPDATE') && terms(row) !== terms(before);
    });
    expect(wrong).toEqual([]);
  });

  it('leaves an ended position without size, margin and liquidation price, and with what it made', () => {
    const ended = rows.filter(({ status }) => status === 'Closed' || status === 'Liquidating');
    for (const { size, margin, unrealized_pnl, liquidation_price } of ended) {
      expect([size, margin, unrealized_pnl, liquidation_price]).toEqual([
        '0.00000000',
        '0.000000',
        '0.000000',
        '0.000000',
      ]);
    }
    expect(ended.some(({ realized_pnl }) => realized_pnl.startsWith('-'))).toBe(true);
    expect(ended.some(({ realized_pnl }) => unscaled(realized_pnl) > 0n)).toBe(true);
  });

  it('never uses a signature twice for one position', () => {
    const keys = new Set(rows.map(({ position_account, signature }) => `${position_account} ${signature}`));
    expect(keys.size).toBe(rows.length);
  });

  it('uses one signature for the liquidations of one sweep and otherwise each once', () => {
    const users = groupBy(rows, ({ signature }) => signature);
    const shared = [...users.values()].filter(({ length }) => length > 1).flat();
    expect(shared.every(({ event_type }) => event_type === 'LIQUIDATED')).toBe(true);
    expect(shared.length).toBeGreaterThan(0);
  });

  it('marks synthetic signatures, which only PNL_UPDATEs have', () => {
    const isSynthetic = ({ signature }: Row) => signature.startsWith('PNL');
    expect(rows.filter((row) => isSynthetic(row) !== (row.event_type === 'PNL_UPDATE'))).toEqual([]);
  });

  it('is mostly PNL_UPDATEs, has several updates of a position in one slot, and both signs of everything', () => {
    const pnlUpdates = rows.filter(({ event_type }) => event_type === 'PNL_UPDATE').length;
    expect(pnlUpdates / rows.length).toBeGreaterThan(0.8);
    const inSlot = groupBy(rows, ({ slot, position_account }) => `${slot} ${position_account}`);
    expect([...inSlot.values()].filter(({ length }) => length > 1).length).toBeGreaterThan(500);
    for (const column of ['unrealized_pnl', 'realized_pnl', 'funding_accrued'] as const) {
      expect(rows.some((row) => row[column].startsWith('-'))).toBe(true);
      expect(rows.some((row) => unscaled(row[column]) > 0n)).toBe(true);
    }
    expect(rows.some(({ size }) => !size.endsWith('0'))).toBe(true);
  });

  it('gives each owner several positions, numbered from 0', () => {
    for (const [, owned] of groupBy(rows, ({ owner }) => owner)) {
      const indexes = new Set(owned.map(({ position_index }) => position_index));
      expect([...indexes].sort((a, b) => a - b)).toEqual([...indexes.keys()].map((_, n) => n));
      const accounts = new Set(owned.map(({ position_account }) => position_account));
      expect(accounts.size).toBe(indexes.size);
    }
  });

  it('lets liquidations that do not fit a slot wait for the next one, before anything else', () => {
    const narrow = generate({ seed: SEED, updates: 20_000, updatesPerSlot: 1 });
    expect(steps(narrow).filter(isIllegal)).toEqual([]);
    expect(narrow.filter(({ event_type }) => event_type === 'LIQUIDATED').length).toBeGreaterThan(10);
  });

  it('works when it is as small as can be', () => {
    const tiny = generate({ seed: 3, updates: 5_000, owners: 1, positionsPerOwner: 1 });
    expect(tiny).toHaveLength(5_000);
    expect(new Set(tiny.map(({ owner }) => owner)).size).toBe(1);
  });
});

describe('the timeline', () => {
  it('ascends about 400 ms a slot, with skipped slots and times in whole seconds', () => {
    const slots = [...new Map(rows.map((row) => [row.slot, row.block_time.getTime()]))];
    const first = slots[0] as [bigint, number];
    const end = slots.at(-1) as [bigint, number];
    expect(slots.length).toBeLessThan(Number(end[0] - first[0]));
    const wrong = slots.filter(([slot, time], at) => {
      const before = slots[at - 1];
      return before !== undefined && (slot <= before[0] || time < before[1]);
    });
    expect(wrong).toEqual([]);
    expect(slots.every(([, time]) => time % 1000 === 0)).toBe(true);
    const expectedMs = Number(end[0] - first[0]) * 400;
    expect(Math.abs(end[1] - first[1] - expectedMs)).toBeLessThanOrEqual(1000);
  });
});
