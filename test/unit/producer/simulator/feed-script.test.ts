import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../../core/package-root.ts';
import { planFaults } from '../../../../producer/simulator/fault-plan.ts';
import { faultsOf } from '../../../../producer/simulator/faults.ts';
import { FeedScript, type FeedUpdate } from '../../../../producer/simulator/feed-script.ts';
import { createMarket } from '../../../../producer/simulator/market/market.ts';
import { Timeline } from '../../../../producer/simulator/timeline.ts';
import { loadAvroSchema } from '../../../../schemas/avro-schema.ts';

const schema = loadAvroSchema(`${packageRoot()}/schemas/position-update.avsc`);
const timeline = () => new Timeline({ seed: 5, firstSlot: 1_000n, startMs: 0, updatesPerSlot: 20 });

function script(updates: number, faulty: number | { every: number }): FeedScript {
  const generator = createMarket({ seed: 5, owners: 50, positionsPerOwner: 3, profile: 'market' });
  return new FeedScript({
    timeline: timeline(),
    generator,
    updates,
    plan: plan(updates, faulty),
    faults: faultsOf(schema),
  });
}

function plan(updates: number, faulty: number | { every: number }) {
  return planFaults(typeof faulty === 'number' ? { updates, faulty } : { updates, faultyEvery: faulty.every });
}

const signatures = (updates: readonly FeedUpdate[]) => updates.map(({ record }) => record.signature);
const good = (updates: readonly FeedUpdate[]) => updates.filter(({ expect }) => expect === 'row');
const faulty = (updates: readonly FeedUpdate[]) => updates.filter(({ expect }) => expect === 'rejected');

function read(from: FeedScript, most = Number.POSITIVE_INFINITY): FeedUpdate[] {
  const updates: FeedUpdate[] = [];
  for (let slot = from.next(); slot !== undefined && updates.length < most; slot = from.next())
    updates.push(...slot.updates);
  return updates;
}

describe('a feed script', () => {
  it('has exactly the updates asked for, numbered without a gap', () => {
    const updates = read(script(10_003, 17));
    expect(updates.map(({ seq }) => seq)).toEqual(Array.from({ length: 10_003 }, (_, at) => at + 1));
  });

  it('has exactly the faulty updates asked for, spread over its length', () => {
    const places = faulty(read(script(10_000, 20))).map(({ seq }) => seq);
    expect(places).toHaveLength(20);
    expect(places.map((place) => Math.floor((place - 1) / 500))).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  it.each([1, 15, 29, 30])('can be 30 updates of which %i are faulty', (count) => {
    const updates = read(script(30, count));
    expect(updates).toHaveLength(30);
    expect(faulty(updates)).toHaveLength(count);
  });

  it('without an end has one faulty update in a thousand until all are sent', () => {
    const updates = read(script(Number.POSITIVE_INFINITY, 3), 5_000);
    expect(faulty(updates).map(({ seq }) => seq)).toEqual([501, 1_501, 2_501]);
  });

  it('has the same good updates whatever faulty ones stand between them', () => {
    const pure = signatures(read(script(3_000, 0)));
    expect(signatures(good(read(script(3_000, 100))))).toEqual(pure.slice(0, 2_900));
    expect(signatures(good(read(script(Number.POSITIVE_INFINITY, { every: 10 }), 2_000))).slice(0, 1_000)).toEqual(
      pure.slice(0, 1_000),
    );
  });

  it('with one faulty update in so many begins the same however long it is', () => {
    const short = read(script(1_234, { every: 50 }));
    const long = read(script(3_000, { every: 50 }));
    expect(long.slice(0, 1_234)).toEqual(short);
    expect(faulty(short)).toHaveLength(25);
  });

  it('gives faulty updates an identity that no good update has', () => {
    const updates = read(script(20_000, 200));
    const accounts = new Set(good(updates).map(({ record }) => record.position_account));
    expect(faulty(updates).filter(({ record }) => accounts.has(record.position_account ?? ''))).toEqual([]);
  });

  it('goes on from a clone exactly as the original does', () => {
    const original = script(2_000, 40);
    for (let n = 0; n < 30; n += 1) original.next();
    const copy = original.clone();
    const ahead = read(copy);
    expect(read(original)).toEqual(ahead);
    expect(ahead.at(-1)?.seq).toBe(2_000);
  });

  it('has each update in the slot that is found without making it', () => {
    const all = script(5_000, 60);
    const finder = all.slotFinder();
    const first = all.clone().next()?.slot;
    expect(finder.slotOf(0)).toBe(first);
    for (let slot = all.next(); slot !== undefined; slot = all.next()) {
      expect(new Set(slot.updates.map(({ seq }) => finder.slotOf(seq)))).toEqual(new Set([slot.slot]));
    }
  });
});

describe('the plan of faulty updates', () => {
  it.each([
    [{ updates: 1_000, faulty: 7 }],
    [{ updates: 10, faulty: 10 }],
    [{ updates: 100, faultyEvery: 3 }],
    [{ updates: 100, faulty: 0 }],
    [{ updates: Number.POSITIVE_INFINITY, faulty: 2 }],
  ])('counts what it places: %j', (settings) => {
    const { placeOf, among } = planFaults(settings);
    const places: number[] = [];
    for (let n = 0; placeOf(n) <= 2_000; n += 1) places.push(placeOf(n));
    const counts = Array.from({ length: 2_000 }, (_, count) => places.filter((place) => place <= count).length);
    expect(Array.from({ length: 2_000 }, (_, count) => among(count))).toEqual(counts);
  });
});

describe('faults', () => {
  it('are first of every kind that a table cannot hold', () => {
    expect(
      faultsOf(schema)
        .slice(0, 9)
        .map(({ field, value }) => [field, value]),
    ).toEqual([
      ['position_account', 'x'.repeat(45)],
      ['size', `${'9'.repeat(31)}.${'9'.repeat(8)}`],
      ['size', 'NaN'],
      ['size', '0.000000001'],
      ['side', 99],
      ['leverage', 32_768],
      ['slot', 2n ** 63n],
      ['position_account', ''],
      ['size', '1e3'],
    ]);
  });

  it('touch every limited field in turn', () => {
    const fields = new Set(faultsOf(schema).map(({ field }) => field));
    const untouched = schema.fields.filter(({ name }) => !fields.has(name)).map(({ name }) => name);
    expect(untouched).toEqual(['position_index', 'block_time', 'ordinal']);
  });
});
