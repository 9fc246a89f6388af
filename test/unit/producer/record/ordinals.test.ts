import { describe, expect, it } from 'vitest';
import { loadFeedService } from '../../../../producer/feed/protocol.ts';
import { COUNTED_SLOTS, createOrdinalCounter } from '../../../../producer/record/ordinals.ts';
import {
  feedMessage,
  positionIncludes,
  positionProto,
  positionService,
  positionStream,
  positionUpdate,
} from '../../../support/position-feed.ts';

const service = loadFeedService(positionProto, positionIncludes, positionService);

function sent(slot: number, changes: Record<string, unknown> = {}) {
  const event = service.readEvent(feedMessage({ update: positionUpdate({ slot: String(slot), ...changes }) }));
  if (event.kind !== 'update') throw new Error(`an update decodes as ${event.kind}`);
  return event;
}

function subscribedFrom(slot: bigint) {
  const counter = createOrdinalCounter(positionStream.table.current);
  counter.subscribed(slot);
  return counter;
}

describe('the number of an update in its slot', () => {
  it('counts the updates of each position and slot from 0', () => {
    const counter = subscribedFrom(100n);
    const updates = [
      sent(100, { signature: 'a' }),
      sent(100, { position_account: 'P2', signature: 'a' }),
      sent(100, { signature: 'b' }),
      sent(101, { signature: 'c' }),
      sent(100, { signature: 'd' }),
    ];
    expect(updates.map((update) => counter.next(update))).toEqual([0, 0, 1, 0, 2]);
  });

  it('counts slots that come as JavaScript’s own large numbers, too', () => {
    const counter = subscribedFrom(100n);
    const update = (signature: string) => ({
      bytes: Buffer.from(signature),
      update: { position_account: 'P1', slot: 100n },
    });
    expect([counter.next(update('a')), counter.next(update('b'))]).toEqual([0, 1]);
  });

  it('is the same when a subscription sends the slot again, to another process too', () => {
    const updates = ['a', 'b', 'c'].map((signature) => sent(100, { signature }));
    const counter = subscribedFrom(90n);
    expect(updates.slice(0, 2).map((update) => counter.next(update))).toEqual([0, 1]);
    counter.subscribed(95n);
    expect(updates.map((update) => counter.next(update))).toEqual([0, 1, 2]);
    const restarted = subscribedFrom(100n);
    expect(updates.map((update) => restarted.next(update))).toEqual([0, 1, 2]);
  });

  it('is kept for a slot before the new subscription, so that a straggler comes after what was counted', () => {
    const counter = subscribedFrom(90n);
    counter.next(sent(100, { signature: 'a' }));
    counter.subscribed(101n);
    expect(counter.next(sent(100, { signature: 'late' }))).toBe(1);
  });

  it('is the one it had when the feed sends the same update twice', () => {
    const counter = subscribedFrom(100n);
    const updates = ['a', 'b', 'a'].map((signature) => sent(100, { signature }));
    expect(updates.map((update) => counter.next(update))).toEqual([0, 1, 0]);
  });

  it('tells two updates of one transaction apart', () => {
    const counter = subscribedFrom(100n);
    const updates = ['1', '2', '1'].map((margin) => sent(100, { signature: 'a', margin }));
    expect(updates.map((update) => counter.next(update))).toEqual([0, 1, 0]);
  });

  it('is unknown for a slot before the first subscription', () => {
    expect(subscribedFrom(100n).next(sent(99))).toBeUndefined();
    expect(createOrdinalCounter(positionStream.table.current).next(sent(100))).toBeUndefined();
  });

  it('is unknown for a slot that was forgotten, and only for those', () => {
    const counter = subscribedFrom(0n);
    for (let slot = 0; slot <= COUNTED_SLOTS; slot += 1) counter.next(sent(slot, { signature: 'a' }));
    expect(counter.next(sent(0, { signature: 'late' }))).toBeUndefined();
    expect(counter.next(sent(1, { signature: 'late' }))).toBe(1);
  });

  it('is unknown for an update that does not say whose it is or when it was', () => {
    const counter = subscribedFrom(0n);
    const { bytes } = sent(5);
    expect(counter.next({ bytes, update: { slot: undefined, position_account: 'P1' } })).toBeUndefined();
    expect(counter.next({ bytes, update: { slot: 5, position_account: undefined } })).toBeUndefined();
  });

  it('goes on although one slot came from far ahead', () => {
    const counter = subscribedFrom(100n);
    counter.next(sent(1_000_000, { signature: 'x' }));
    for (let slot = 100; slot < 100 + 2 * COUNTED_SLOTS; slot += 1) {
      expect(counter.next(sent(slot, { signature: 'a' }))).toBe(0);
      expect(counter.next(sent(slot, { signature: 'b' }))).toBe(1);
    }
  });
});
