import { orderedState } from '../connectors/run-state.ts';
import { whenStopped } from '../connectors/start-offsets.ts';
import { isAtLeast } from '../connectors/targets/version.ts';
import { ConnectError } from '../core/errors.ts';
import { waitFor } from '../core/retry.ts';
import { nextOffset, type Position, readPositions } from './offset-positions.ts';
import { deployedStatus, patiently, type SinkAction } from './settle-sink.ts';
import { bringTo } from './sink-state.ts';

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
export function planReset(positions: readonly Position[], offsets: ReadonlyMap<number, bigint>): ResetPlan {
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

export interface ResetResult {
  readonly state: string;
  readonly stateBefore: string;
}

/**
 * Stops the sink, sets the planned offsets, makes sure that they are committed, and brings it back to what it was, also when
 * setting them failed. Offsets are fixed by the plan: what the sink commits between plan and stop makes fewer records
 * skipped or more read again, never more skipped.
 * Errors: NOT_FOUND, REFUSED, TIMEOUT, what the target throws.
 */
export async function resetOffsets(action: SinkAction, { moves }: ResetPlan): Promise<ResetResult> {
  const { target, stream } = action;
  const name = stream.sink.name;
  const before = await deployedStatus(action);
  await requireOffsetApi(action);
  const state = orderedState(before.state) ?? 'RUNNING';
  // Once it is stopped it is brought back whatever happens, also after Ctrl-C.
  const { signal: _signal, ...uninterrupted } = action;
  const comeBack = async (): Promise<void> => {
    if (state === 'STOPPED') return;
    const stopped = await deployedStatus(uninterrupted);
    await bringTo(uninterrupted, state, stopped);
  };
  try {
    await bringTo(action, 'STOPPED', before);
    await setOffsets(action, moves);
  } catch (error) {
    const failed = ConnectError.from(error);
    await comeBack().catch((second: unknown) => {
      throw new ConnectError(
        failed.code,
        `${failed.message}; and ${name} did not come back to ${state}: ${ConnectError.from(second).message}`,
        { cause: error, details: failed.details, hint: 'run `connect status`, then `connect resume`' },
      );
    });
    throw error;
  }
  await comeBack().catch((error: unknown) => {
    const { code, message, details, hint } = ConnectError.from(error);
    throw new ConnectError(code, `the offsets of ${name} were changed, but ${message}`, {
      cause: error,
      details,
      ...(hint === undefined ? {} : { hint }),
    });
  });
  return { state, stateBefore: before.state };

  async function setOffsets(waiting: SinkAction, planned: readonly OffsetMove[]): Promise<void> {
    const offsets = planned.map(({ partition, to }) => ({ topic: stream.topic.name, partition, offset: to }));
    await whenStopped(() => target.setOffsets(name, offsets));
    await waitFor(
      async () => {
        const committed = new Map((await readPositions(waiting)).map((one) => [one.partition, one.committed]));
        return planned.every(({ partition, to }) => committed.get(partition) === to) ? true : undefined;
      },
      { what: `the offsets of ${name} to be committed`, timeoutMs: waiting.timeoutMs },
    );
  }
}

/** Changing offsets came with Kafka Connect 3.6. Errors: REFUSED. */
export async function requireOffsetApi(action: SinkAction): Promise<void> {
  const { version } = await patiently(action, () => action.target.worker());
  if (isAtLeast(version, 3, 6)) return;
  throw new ConnectError('REFUSED', `${action.target.label} is version ${version}, which cannot change offsets`, {
    hint: 'Kafka Connect 3.6 or newer can; here, stop the sink and use kafka-consumer-groups --reset-offsets',
  });
}
