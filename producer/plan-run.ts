import { ConnectError } from '../core/errors.ts';
import type { KafkaConnection } from '../core/kafka.ts';
import { OVERLAP_SLOTS, type ReadingOptions } from './feed-reading.ts';
import type { ResumePoint } from './kafka/checkpoint.ts';
import { backfillKey, type CheckpointKey, readCheckpoint } from './kafka/checkpoint-store.ts';

interface PlannedOptions extends ReadingOptions {
  readonly kafka: KafkaConnection;
  readonly signal?: AbortSignal | undefined;
}

/** Where a run begins, and where it keeps how far it is. */
export interface RunPlan {
  readonly key: CheckpointKey;
  readonly checkpoint: ResumePoint | undefined;
  /** The operator's start, where it counts. */
  readonly fromSlot: bigint | undefined;
  readonly overlapSlots: bigint;
  /** Everything up to the end of the run is in Kafka already. */
  readonly isDone: boolean;
}

/**
 * A run with a start and an end is a backfill. It keeps its place under a key of its own, goes on there when it is started again, and leaves the
 * stream's resume point alone. Any other run moves the resume point. A backfill that was complete begins anew. Errors: those of `readCheckpoint`.
 */
export async function planRun(options: PlannedOptions, clientId: string): Promise<RunPlan> {
  const { stream, fromSlot, untilSlot, overlapSlots = OVERLAP_SLOTS } = options;
  if (fromSlot === undefined || untilSlot === undefined) {
    const checkpoint = await findCheckpoint(options, clientId, stream.name);
    const place = checkpoint?.slot;
    const isDone = fromSlot === undefined && untilSlot !== undefined && place !== undefined && place > untilSlot;
    return { key: stream.name, checkpoint, fromSlot, overlapSlots, isDone };
  }
  if (fromSlot > untilSlot) {
    throw new ConnectError('USAGE', `a backfill from slot ${fromSlot} to slot ${untilSlot} ends before it begins`, {
      hint: 'give a --from-slot that is not beyond --until-slot',
    });
  }
  const key = backfillKey(fromSlot, untilSlot);
  const begun = await findCheckpoint(options, clientId, key);
  const place = begun?.slot;
  if (place === undefined || place > untilSlot)
    return { key, checkpoint: undefined, fromSlot, overlapSlots, isDone: false };
  // Nothing before its start is read.
  const isShort = place - fromSlot < overlapSlots;
  return {
    key,
    checkpoint: begun,
    fromSlot: undefined,
    overlapSlots: isShort ? place - fromSlot : overlapSlots,
    isDone: false,
  };
}

/** The checkpoint to resume from. If it cannot be read, a given start makes up for it. */
async function findCheckpoint(
  { stream, kafka, signal, fromSlot, logger }: PlannedOptions,
  clientId: string,
  name: CheckpointKey,
): Promise<ResumePoint | undefined> {
  try {
    return await readCheckpoint(kafka, stream, { clientId, signal, name });
  } catch (error) {
    if (fromSlot === undefined || !(error instanceof ConnectError) || error.code !== 'UNSAFE') throw error;
    logger.warn({ stream: stream.name, reason: error.message }, 'starting at the given slot without a checkpoint');
    return undefined;
  }
}
