import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ConnectError } from '../../../core/errors.ts';
import { type ScannedCluster, type ScannedRecord, type ScanOptions, scanCluster } from '../../../core/kafka-scan.ts';
import type { RecordBatch } from '../../../core/topic-reader.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The records of one partition with these offsets; `to`: where the batch ends, where it is not its last record. */
const batch = (partition: number, offsets: readonly bigint[], to = offsets.at(-1) ?? 0n): RecordBatch => ({
  partition,
  lastOffset: to,
  records: offsets.map((offset) => ({ partition, offset, key: null, value: null, headers: {}, timestampMs: 0 })),
});

const from = (low: bigint, count: number): bigint[] => Array.from({ length: count }, (_, index) => low + BigInt(index));

type Ranges = readonly (readonly [low: bigint, high: bigint])[];

interface Scan extends Partial<ScanOptions> {
  /** What the reader delivers, one after the other. */
  readonly batches?: readonly RecordBatch[];
  /** The reader crashes after that. */
  readonly crash?: Error;
}

/** Scans a topic of these partitions; the reader then has nothing more to deliver. */
function scan(ranges: Ranges | undefined, { batches = [], crash, ...options }: Scan = {}) {
  const seen: string[] = [];
  const state = { isOpen: false, starts: undefined as ReadonlyMap<number, bigint> | undefined };
  const cluster: ScannedCluster = {
    ranges: async () => ranges?.map(([low, high], partition) => ({ partition, low, high })),
    reader: () => ({
      async connect() {
        state.isOpen = true;
      },
      async start(starts, onBatch, onFailure) {
        state.starts = starts;
        for (const one of batches) await onBatch(one);
        if (crash !== undefined) onFailure(crash);
      },
      async close() {
        state.isOpen = false;
      },
    }),
  };
  const onRecords = async (records: readonly ScannedRecord[]) =>
    void seen.push(...records.map(({ partition, offset }) => `${partition}@${offset}`));
  const done = scanCluster(cluster, { topic: 'a', clientId: 'test', onRecords, ...options });
  return { done, seen, state };
}

describe('a scan', () => {
  it('reads every partition to where it ended, and nothing that came later', async () => {
    const { done, seen, state } = scan(
      [
        [0n, 2n],
        [5n, 6n],
      ],
      { batches: [batch(0, from(0n, 3)), batch(1, [5n])] },
    );
    expect(await done).toEqual([
      { partition: 0, low: 0n, high: 2n },
      { partition: 1, low: 5n, high: 6n },
    ]);
    expect(seen).toEqual(['0@0', '0@1', '1@5']);
    expect(state.isOpen).toBe(false);
  });

  it('opens no reader for a topic without records', async () => {
    const { done, state } = scan([
      [0n, 0n],
      [7n, 7n],
    ]);
    await done;
    expect(state.starts).toBeUndefined();
  });

  it('is refused for a topic that does not exist', async () => {
    await expect(scan(undefined).done).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'topic a does not exist' });
  });

  it('reads only partitions with a start, each from there', async () => {
    const ranges: Ranges = [
      [0n, 4n],
      [0n, 4n],
      [0n, 4n],
    ];
    const starts = new Map([
      [1, 2n],
      [2, 4n],
    ]);
    const { done, seen, state } = scan(ranges, { starts, batches: [batch(0, from(0n, 4)), batch(1, from(0n, 4))] });
    await done;
    expect(seen).toEqual(['1@2', '1@3']);
    expect(state.starts).toEqual(new Map([[1, 2n]]));
  });

  it('reads to given ends where they are nearer', async () => {
    const ends = new Map([
      [0, 2n],
      [1, 99n],
    ]);
    const ranges: Ranges = [
      [0n, 4n],
      [0n, 1n],
    ];
    const { done, seen } = scan(ranges, { ends, batches: [batch(0, from(0n, 4)), batch(1, [0n])] });
    await done;
    expect(seen).toEqual(['0@0', '0@1', '1@0']);
  });

  it('ends a partition of which its caller has enough', async () => {
    const seen: bigint[] = [];
    const onRecords = async ([record]: readonly ScannedRecord[]) => {
      seen.push(record?.offset ?? -1n);
      return 'enough' as const;
    };
    await scan([[0n, 9n]], { onRecords, batches: [batch(0, from(0n, 3)), batch(0, from(3n, 3))] }).done;
    expect(seen).toEqual([0n]);
  });

  it('is over when control records, which nobody sees, are all that is left', async () => {
    const { done, seen } = scan([[0n, 5n]], { batches: [batch(0, from(0n, 3), 4n)] });
    await done;
    expect(seen).toEqual(['0@0', '0@1', '0@2']);
  });

  it('throws what its caller throws, and leaves nothing behind', async () => {
    const onRecords = () => Promise.reject(new Error('no room'));
    const { done, state } = scan([[0n, 5n]], { onRecords, batches: [batch(0, [0n])] });
    await expect(done).rejects.toThrow('no room');
    expect(state.isOpen).toBe(false);
  });

  it('throws what crashes its reader', async () => {
    const { done, state } = scan([[0n, 5n]], { crash: new Error('rebalanced away') });
    await expect(done).rejects.toThrow('rebalanced away');
    expect(state.isOpen).toBe(false);
  });

  it('gives up when nothing arrives for as long as it was told, counted from the last records', async () => {
    const { done, seen, state } = scan([[0n, 5n]], { stallMs: 10_000, batches: [batch(0, [0n])] });
    const failed = expect(done).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'topic a: no record arrived for 10 s',
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(state.isOpen).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    await failed;
    expect(seen).toEqual(['0@0']);
    expect(state.isOpen).toBe(false);
  });

  it('does not count the time that its caller takes', async () => {
    const onRecords = async (records: readonly ScannedRecord[]) => {
      if (records[0]?.offset === 0n) await vi.advanceTimersByTimeAsync(60_000);
    };
    await scan([[0n, 2n]], { onRecords, stallMs: 10_000, batches: [batch(0, [0n]), batch(0, [1n])] }).done;
  });

  it('ends with the reason of an abort, before and while it reads', async () => {
    const reason = new ConnectError('INTERRUPTED', 'interrupted');
    await expect(scan([[0n, 5n]], { signal: AbortSignal.abort(reason) }).done).rejects.toBe(reason);
    const stop = new AbortController();
    const { done, state } = scan([[0n, 5n]], { signal: stop.signal });
    const failed = expect(done).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(1);
    stop.abort(reason);
    await failed;
    expect(state.isOpen).toBe(false);
  });
});
