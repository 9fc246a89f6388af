import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Checkpoint, decodeCheckpoint } from '../../../../producer/kafka/checkpoint.ts';
import { createCheckpointWriter } from '../../../../producer/kafka/checkpoint-store.ts';
import type { OutgoingRecord } from '../../../../producer/kafka/outgoing-record.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function createWriter(options: { floor?: bigint; send?: (records: readonly OutgoingRecord[]) => Promise<void> } = {}) {
  const sent: Checkpoint[] = [];
  let failures = 0;
  const writer = createCheckpointWriter({
    topic: 'positions.checkpoint',
    stream: 'positions',
    instance: 'run',
    feed: 'feed:443',
    floor: options.floor,
    gaps: [],
    counts: () => ({ received: 3, published: 2, rejected: 1 }),
    send: async (records) => {
      await options.send?.(records);
      for (const { value } of records) sent.push(decodeCheckpoint(value) as Checkpoint);
    },
    onFailed: () => {
      failures += 1;
    },
  });
  return { writer, sent, failures: () => failures, slots: () => sent.map(({ slot }) => slot) };
}

describe('the checkpoint writer', () => {
  it('writes the newest slot, at most every half second', async () => {
    const { writer, slots } = createWriter();
    for (let slot = 1n; slot <= 100n; slot += 1n) writer.advance(slot);
    await vi.advanceTimersByTimeAsync(499);
    expect(slots()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(slots()).toEqual([100n]);
    writer.advance(101n);
    await vi.advanceTimersByTimeAsync(500);
    expect(slots()).toEqual([100n, 101n]);
  });

  it('never writes a slot that is not beyond the last one', async () => {
    const { writer, slots } = createWriter({ floor: 50n });
    writer.advance(49n);
    writer.advance(50n);
    await vi.advanceTimersByTimeAsync(2_000);
    writer.advance(60n);
    writer.advance(55n);
    await vi.advanceTimersByTimeAsync(500);
    expect(slots()).toEqual([60n]);
  });

  it('writes what is left when it is closed, and nothing when nothing is', async () => {
    const { writer, slots } = createWriter();
    writer.advance(7n);
    await writer.close();
    await writer.close();
    expect(slots()).toEqual([7n]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(slots()).toEqual([7n]);
  });

  it('keeps an accepted gap in this and all later checkpoints, once', async () => {
    const { writer, sent } = createWriter();
    const gap = { from: 1n, to: 4n, acceptedAt: '2026-01-01T00:00:00.000Z' };
    writer.acceptGap(gap);
    writer.acceptGap(gap);
    writer.advance(5n);
    await writer.close();
    writer.advance(6n);
    await writer.close();
    expect(sent.map(({ gaps }) => gaps)).toEqual([[gap], [gap]]);
  });

  it('reports a write that failed, and throws its error when it is closed', async () => {
    const { writer, failures } = createWriter({ send: () => Promise.reject(new Error('no rights')) });
    writer.advance(5n);
    await vi.advanceTimersByTimeAsync(500);
    expect(failures()).toBe(1);
    await expect(writer.close()).rejects.toThrow('no rights');
  });
});
