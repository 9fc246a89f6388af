import { nextOffset, type SinkPosition } from '../connectors/sink-group.ts';
import { recordSkipped } from './freshness/skipped-records.ts';
import { requireNoGap } from './require-no-gap.ts';
import { deployedSink, type SinkAction } from './sink-action.ts';
import { type WhileStopped, whileStopped } from './while-stopped.ts';

/** What a reset does to one partition. */
export interface OffsetMove {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
  /** Offsets that are read once more: their rows are upserted again, and older deliveries change nothing. */
  readonly again: bigint;
  /** Offsets that are never read: at most so many records are left out of the table. */
  readonly skipped: bigint;
}

/** The moves of a reset, of partitions that do not stand there already, and their sums. */
export interface ResetPlan {
  readonly moves: readonly OffsetMove[];
  readonly again: bigint;
  readonly skipped: bigint;
}

/** What a reset to these offsets changes. */
export function planReset(positions: readonly SinkPosition[], offsets: ReadonlyMap<number, bigint>): ResetPlan {
  const moves = positions.flatMap((position): OffsetMove[] => {
    const from = nextOffset(position);
    const to = offsets.get(position.partition);
    if (to === undefined || to === (position.committed ?? from)) return [];
    return [
      {
        partition: position.partition,
        from,
        to,
        again: to < from ? from - to : 0n,
        skipped: to > from ? to - from : 0n,
      },
    ];
  });
  const sum = (of: (move: OffsetMove) => bigint): bigint => moves.reduce((total, move) => total + of(move), 0n);
  return { moves, again: sum(({ again }) => again), skipped: sum(({ skipped }) => skipped) };
}

/**
 * Stops the sink, sets the planned offsets, makes sure that they are committed, and brings it back to what it was, also when
 * setting them failed. Offsets are fixed by the plan: what the sink commits between plan and stop makes fewer records
 * skipped or more read again, never more skipped.
 * Errors: NOT_FOUND, UNSAFE for a gap, which new offsets would hide, REFUSED, TIMEOUT, what the host throws.
 */
export async function resetOffsets(action: SinkAction, { moves }: ResetPlan): Promise<WhileStopped> {
  const before = await deployedSink(action);
  await action.host.offsets.require(action.stream.sink.name);
  await requireNoGap(action);
  const skipped = moves.flatMap(({ partition, from, to }) => (to > from ? [{ partition, from, to: to - 1n }] : []));
  return whileStopped(action, before, async () => {
    await recordSkipped(action, skipped);
    await setOffsets(action, new Map(moves.map(({ partition, to }) => [partition, to])));
  });
}

/** Sets the next offset of these partitions, the others stay; ends once they are committed. Only on a stopped sink. */
export function setOffsets(action: SinkAction, offsets: ReadonlyMap<number, bigint>): Promise<void> {
  const { host, stream } = action;
  const wanted = [...offsets].map(([partition, offset]) => ({ topic: stream.topic.name, partition, offset }));
  return host.offsets.set(stream.sink.name, wanted, action);
}
