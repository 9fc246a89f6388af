import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AcceptedGap } from '../../../../producer/kafka/checkpoint.ts';
import { createCheckpointWriter } from '../../../../producer/kafka/checkpoint-store.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function createWriter(options: { floor?: bigint; failure?: Error } = {}) {
  const written: { slot: bigint; gaps: readonly AcceptedGap[] }[] = [];
  let failures = 0;
  const writer = createCheckpointWriter({
    floor: options.floor,
    gaps: [],
    write: async (slot, gaps) => {
      if (options.failure !== undefined) throw options.failure;
      written.push({ slot, gaps });
    },
    onFailed: () => {
      failures += 1;
    },
  });
  return { writer, written, failures: () => failures, slots: () => written.map(({ slot }) => slot) };
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
    const { writer, written } = createWriter();
    const gap = { from: 1n, to: 4n, acceptedAt: '2026-01-01T00:00:00.000Z' };
    writer.acceptGap(gap);
    writer.acceptGap(gap);
    writer.advance(5n);
    await writer.close();
    writer.advance(6n);
    await writer.close();
    expect(written.map(({ gaps }) => gaps)).toEqual([[gap], [gap]]);
  });

  it('reports a write that failed, and throws its error when it is closed', async () => {
    const { writer, failures } = createWriter({ failure: new Error('no rights') });
    writer.advance(5n);
    await vi.advanceTimersByTimeAsync(500);
    expect(failures()).toBe(1);
    await expect(writer.close()).rejects.toThrow('no rights');
  });
});
