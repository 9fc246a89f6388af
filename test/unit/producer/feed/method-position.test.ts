import { describe, expect, it } from 'vitest';
import type { PositionDefinition } from '../../../../pipeline/feed.ts';
import { createMethodPosition } from '../../../../producer/feed/method/method-position.ts';
import type { PositionStart } from '../../../../producer/feed/method/position-kind.ts';

const SLOT: PositionDefinition = { kind: 'slot', field: 'blk', request: 'from' };
const CURSOR: PositionDefinition = { kind: 'cursor', field: 'mark', request: 'after' };
const open = (definition: PositionDefinition, start: Partial<PositionStart> = {}) =>
  createMethodPosition('tape', definition, {
    place: undefined,
    acceptGap: false,
    onGap: () => {},
    onReset: () => {},
    onLead: () => {},
    ...start,
  });

describe('a slot', () => {
  it('is asked for again from the last one on, and never goes back', () => {
    const position = open(SLOT);
    for (const blk of [5, 6, 6, 5]) expect(position.take({ blk })).toBeUndefined();
    expect(position.resume()).toBe('6');
    expect(position.place(position.slot ?? 0n)).toEqual({ slot: 6n });
  });

  it('far ahead is believed only when a second update says the same', () => {
    const leads: bigint[] = [];
    const position = open(SLOT, { place: { slot: 10n }, onLead: (sent) => leads.push(sent) });
    position.take({ blk: 10 });
    position.take({ blk: 900_000_000 });
    expect(position.resume()).toBe('10');
    position.take({ blk: 11 });
    expect(position.resume()).toBe('11');
    position.take({ blk: 500_000 });
    position.take({ blk: 500_001 });
    expect(position.resume()).toBe('500001');
    expect(leads).toEqual([900_000_000n, 500_000n]);
  });

  it('that the feed does not send again is a gap', () => {
    expect(() => open(SLOT, { place: { slot: 10n } }).take({ blk: 12 })).toThrow(
      /read to slot 10, but its feed goes on at slot 12/,
    );
    const gaps: bigint[][] = [];
    const accepted = open(SLOT, { place: { slot: 10n }, acceptGap: true, onGap: (...gap) => gaps.push(gap) });
    accepted.take({ blk: 12 });
    expect(gaps).toEqual([[10n, 11n]]);
  });

  it('that is absent is refused', () => {
    expect(open(SLOT).take({})).toMatchObject({ code: 'MISSING', field: 'blk' });
  });
});

describe('a cursor', () => {
  it('is complete when another one follows, and is taken back then', () => {
    const position = open(CURSOR);
    for (const mark of ['a', 'a', 'b']) position.take({ mark });
    const afterA = position.slot ?? 0n;
    position.take({ mark: 'c' });
    expect(position.place(afterA)).toEqual({ kind: 'cursor', cursor: 'a' });
    expect(position.place(position.slot ?? 0n)).toEqual({ kind: 'cursor', cursor: 'b' });
    expect(position.resume()).toBe('b');
  });

  it('that is a number and goes back is refused; a subscription may begin with the cursor it was asked for, not before it', () => {
    const position = open(CURSOR);
    for (const mark of [1, 2, 3]) position.take({ mark });
    expect(position.take({ mark: 2 })).toMatchObject({ code: 'CURSOR_BACK' });
    position.subscribed();
    expect(position.take({ mark: 2 })).toBeUndefined();
    expect(position.resume()).toBe('2');
    position.subscribed();
    expect(() => position.take({ mark: 1 })).toThrow(/behind cursor 2, but its feed goes on at 1/);
  });

  it('of a feed that was begun anew is followed by the operator’s choice', () => {
    let resets = 0;
    const onReset = () => {
      resets += 1;
    };
    const position = open(CURSOR, { place: { kind: 'cursor', cursor: '900' }, acceptGap: true, onReset });
    for (const mark of [1, 2, 3]) expect(position.take({ mark })).toBeUndefined();
    expect(position.resume()).toBe('2');
    expect(resets).toBe(1);
  });
});

it('none: the time from the last message to the next subscription is lost', () => {
  const position = open({ kind: 'none' }, { place: { kind: 'none', heard: '2026-01-01T00:00:00.000Z' } });
  expect(position.subscribed()).toMatchObject({ from: '2026-01-01T00:00:00.000Z' });
  expect(open({ kind: 'none' }).subscribed()).toBeUndefined();
});

it('a checkpoint of another kind is refused with the way out', () => {
  expect(() => open(CURSOR, { place: { slot: 1n } })).toThrow(
    /is of kind slot, and its feed has a position of kind cursor/,
  );
  expect(open(CURSOR, { place: { slot: 1n }, acceptGap: true }).resume()).toBeUndefined();
  expect(() => open({ kind: 'none' }, { fromSlot: 1n })).toThrow(/has no slots/);
});
