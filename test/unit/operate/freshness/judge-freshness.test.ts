import { describe, expect, test } from 'vitest';
import { type FreshnessFacts, judgeFreshness } from '../../../../operate/freshness/judge-freshness.ts';
import type { ReadPoint } from '../../../../operate/freshness/read-points.ts';

const at = (second: number) => `2026-11-29T12:00:${String(second).padStart(2, '0')}.000Z`;

/** A checkpoint at a slot, of a topic with two partitions. */
const point = (slot: bigint, ends: readonly bigint[] | undefined, more: Partial<ReadPoint> = {}): ReadPoint => ({
  slot,
  cursor: undefined,
  time: undefined,
  at: at(Number(slot % 60n)),
  ends,
  gaps: [],
  ...more,
});
const committed = (...offsets: (bigint | undefined)[]) =>
  offsets.map((offset, partition) => ({ partition, committed: offset, end: 1_000n }));
const judge = (facts: Partial<FreshnessFacts>) =>
  judgeFreshness({
    kind: 'slot',
    points: [point(10n, [5n, 5n]), point(20n, [9n, 8n]), point(30n, [20n, 8n])],
    backfills: [],
    committed: committed(9n, 8n),
    unread: [],
    hasOpenGap: false,
    known: undefined,
    ...facts,
  });

describe('a table is complete', () => {
  test('up to before the slot of the furthest checkpoint whose offsets the sink has committed', () => {
    const points = [point(20n, [9n, 8n], { time: at(7) }), point(30n, [20n, 8n])];
    expect(judge({ points })).toEqual({
      completeToSlot: 19n,
      completeToCursor: undefined,
      completeToTime: at(7),
      completeAt: at(20),
      newestSlot: 30n,
      missing: [],
      ends: [9n, 8n],
      reason: undefined,
    });
  });

  test('no further while one partition is behind', () => {
    expect(judge({ committed: committed(20n, 7n) }).completeToSlot).toBe(9n);
    expect(judge({ committed: committed(20n, 8n) }).completeToSlot).toBe(29n);
  });

  test('nowhere when the sink has never committed in a partition with records, or has been set back before all checkpoints', () => {
    expect(judge({ committed: committed(20n, undefined) })).toMatchObject({
      completeToSlot: undefined,
      reason: expect.stringContaining('has not committed'),
    });
    expect(judge({ committed: committed(0n, 0n), known: judge({}) }).completeToSlot).toBeUndefined();
    expect(judge({ points: [point(10n, [5n, 0n])], committed: committed(5n, undefined) }).completeToSlot).toBe(9n);
  });

  test('as far as was found before, when Kafka has dropped that checkpoint and the sink stands still', () => {
    const known = judge({});
    expect(judge({ points: [point(90n, [500n, 500n])], known })).toMatchObject({
      completeToSlot: 19n,
      newestSlot: 90n,
    });
  });

  test('nowhere without a checkpoint, with checkpoints that name no offsets, and in a topic that was created anew', () => {
    expect(judge({ points: [] }).reason).toContain('no producer has written');
    expect(judge({ points: [point(10n, undefined)] })).toMatchObject({
      completeToSlot: undefined,
      reason: expect.stringContaining('earlier version'),
    });
    expect(judge({ committed: [{ partition: 0, committed: 30n, end: 2n }] })).toMatchObject({
      completeToSlot: undefined,
      reason: expect.stringContaining('created anew'),
    });
  });

  test('up to a cursor, or to a time, where a feed has no slots', () => {
    const points = [point(0n, [9n, 8n], { slot: undefined, cursor: 'c7' })];
    const cursor = judge({ kind: 'cursor', points });
    expect([cursor.completeToSlot, cursor.completeToCursor, cursor.completeAt]).toEqual([undefined, 'c7', at(0)]);
    const none = judge({ kind: 'none', points: [point(0n, [9n, 8n], { slot: undefined })] });
    expect([none.completeToSlot, none.completeAt]).toEqual([undefined, at(0)]);
    expect(none.reason).toContain('replays nothing');
    expect(judge({ kind: undefined, points: [] }).reason).toContain('others write the topic');
  });
});

describe('slots may be missing', () => {
  const leftOut = { gaps: [{ from: 12n, to: 15n }] };

  test('that a producer has left out, until a backfill of them is in the table as well', () => {
    const points = [point(20n, [9n, 8n], leftOut)];
    expect(judge({ points }).missing).toEqual([{ from: 12n, to: 15n }]);
    const backfill = { from: 11n, to: 14n, ends: [9n, 9n] };
    expect(judge({ points, backfills: [backfill] }).missing).toEqual([{ from: 12n, to: 15n }]);
    expect(judge({ points, backfills: [backfill], committed: committed(9n, 9n) }).missing).toEqual([
      { from: 15n, to: 15n },
    ]);
  });

  test('that were known before, when the checkpoint no longer names them', () => {
    const known = judge({ points: [point(10n, [5n, 5n], leftOut)] });
    expect(judge({ known }).missing).toEqual([{ from: 12n, to: 15n }]);
  });

  test('when Kafka deleted records before the sink read them: none is claimed before somebody accepts that', () => {
    const known = judge({ committed: committed(5n, 5n) });
    const open = judge({ known, committed: committed(5n, 5n), hasOpenGap: true });
    expect([open.completeToSlot, open.missing]).toEqual([9n, []]);
    expect(open.reason).toContain('nobody has accepted');
  });

  test('in a topic that was created anew, and stay so once the sink reads it', () => {
    const known = judge({});
    const anew = [{ partition: 0, committed: 0n, end: 3n }];
    const found = judge({ known, committed: anew });
    expect(found).toMatchObject({ completeToSlot: undefined, missing: [{ from: 20n, to: 61n }] });
    const points = [point(40n, [2n, 0n])];
    const later = judge({ known: found, points, committed: [{ partition: 0, committed: 2n, end: 3n }] });
    expect(later).toMatchObject({ completeToSlot: 39n, missing: [{ from: 20n, to: 61n }] });
  });

  test('and afterwards all between what was proved before and the first checkpoint behind them, and a little more', () => {
    const unread = [{ partition: 0, from: 5n, to: 8n }];
    const known = judge({ committed: committed(5n, 5n) });
    const found = judge({ known, unread });
    expect(found).toMatchObject({ completeToSlot: 19n, missing: [{ from: 10n, to: 29n + 32n }] });
    // It stays so, and grows no more.
    expect(judge({ known: found, unread, committed: committed(20n, 8n) })).toMatchObject({
      completeToSlot: 29n,
      missing: [{ from: 10n, to: 61n }],
    });
    // Nothing proves anything of what was before.
    expect(judge({ unread }).missing).toEqual([{ from: undefined, to: 61n }]);
  });
});
